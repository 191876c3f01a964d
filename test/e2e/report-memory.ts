/** Loaded before a program, says at its end how much memory it had resident at the most. */
process.on("exit", () => {
  process.stderr.write(`resident ${process.resourceUsage().maxRSS} KiB\n`);
});

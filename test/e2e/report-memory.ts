import { mostResidentMiB } from "../resident-memory.ts";

/** Loaded before a program, says at its end how much memory it had resident at the most. */
process.on("exit", () => {
  process.stderr.write(`resident ${String(Math.round(mostResidentMiB() * 1024))} KiB\n`);
});

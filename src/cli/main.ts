#!/usr/bin/env node
import { runCommand } from "./run-command.ts";
import { leaveOnSignals } from "./signals.ts";

// Whoever reads our output may stop reading, as head does; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

leaveOnSignals();

process.exitCode = await runCommand(process.argv.slice(2));

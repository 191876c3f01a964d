#!/usr/bin/env node
import { runCommand } from "./run-command.ts";
import { leaveOnSignals } from "./signals.ts";

// The reader of our output may stop reading, like head; that is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

leaveOnSignals();

process.exitCode = await runCommand(process.argv.slice(2), () => new Date());

#!/usr/bin/env node
import { outliveOutputs } from "./outputs.ts";
import { runCommand } from "./run-command.ts";
import { leaveOnSignals } from "./signals.ts";

outliveOutputs();
leaveOnSignals();

process.exitCode = await runCommand(process.argv.slice(2), () => new Date());

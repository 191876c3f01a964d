#!/usr/bin/env node
import { CommanderError } from "commander";
import { isCallerMistake, LedgerError, messageOf } from "../ledger/errors.ts";
import { visibleLines } from "../ledger/text/visible-text.ts";
import { releaseWriters } from "../storage/writers.ts";
import { buildProgram } from "./program.ts";
import { leaveOnSignals } from "./signals.ts";

const FAILED = 1;
const CALLER_MISTAKE = 2;

/** Of all lines but an error's first. */
const INDENT = " ".repeat("error: ".length);

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : CALLER_MISTAKE;
  const expected = error instanceof LedgerError;
  process.stderr.write(
    expected
      ? `error: ${visibleLines(error.message, INDENT)} [${error.code}]\n${INDENT}${visibleLines(error.remedy, INDENT)}\n`
      : `error: ${visibleLines(messageOf(error), INDENT)}\n${INDENT}this is a mistake in aperture-ledger; please report it with these lines:\n${error instanceof Error ? visibleLines(error.stack ?? "", INDENT) : ""}\n`,
  );
  return isCallerMistake(error) ? CALLER_MISTAKE : FAILED;
}

// Whoever reads our output may stop reading, as head does; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

leaveOnSignals();

try {
  await buildProgram((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  process.exitCode = report(error);
} finally {
  await releaseWriters();
}

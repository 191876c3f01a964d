import { CommanderError } from "commander";
import type { Clock } from "../ledger/clock.ts";
import { isCallerMistake, LedgerError, messageOf } from "../ledger/errors.ts";
import { visibleLines } from "../ledger/text/visible-text.ts";
import { releaseWriters } from "../storage/writers.ts";
import { asCalled } from "./called-as.ts";
import { buildProgram } from "./program.ts";

const FAILED = 1;
const CALLER_MISTAKE = 2;

/** For all lines of an error except the first. */
const INDENT = " ".repeat("error: ".length);

/** Runs the command that the arguments name, and returns its exit code. Errors go to stderr. */
export async function runCommand(args: readonly string[], clock: Clock): Promise<number> {
  let exitCode = 0;
  try {
    await buildProgram((code) => {
      exitCode = code;
    }, clock).parseAsync(args, { from: "user" });
  } catch (error) {
    exitCode = report(error);
  } finally {
    await releaseWriters();
  }
  return exitCode;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : CALLER_MISTAKE;
  const expected = error instanceof LedgerError;
  process.stderr.write(
    expected
      ? `error: ${visibleLines(asCalled(error.message), INDENT)} [${error.code}]\n${INDENT}${visibleLines(asCalled(error.remedy), INDENT)}\n`
      : `error: ${visibleLines(messageOf(error), INDENT)}\n${INDENT}this is a mistake in aperture-ledger; please report it with these lines:\n${error instanceof Error ? visibleLines(error.stack ?? "", INDENT) : ""}\n`,
  );
  return isCallerMistake(error) ? CALLER_MISTAKE : FAILED;
}

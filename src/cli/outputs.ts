import { messageOf } from "../ledger/errors.ts";

const FAILED = 1;

/**
 * Lets a command finish its work when an output is gone: the reader may stop reading, like `head`, and the command would end with a report or a
 * close half-way and the exit code of success. Where results cannot be printed for another reason, such as a full disk, the process says so at its
 * end and exits with 1 instead of 0.
 */
export function outliveOutputs(): void {
  let problem: Error | undefined;
  process.stdout.on("error", (error) => {
    if (!isClosedPipe(error)) problem ??= error;
  });
  process.stderr.on("error", () => undefined);
  process.once("exit", (code) => {
    if (problem === undefined) return;
    process.stderr.write(`error: standard output cannot be written: ${messageOf(problem)} [file_unwritable]\n       the command ended, but what it printed is incomplete: make room and call it again\n`);
    if (code === 0) process.exitCode = FAILED;
  });
}

/** Whether the reader of an output has stopped reading. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

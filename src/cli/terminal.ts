import type { Ora } from "ora";
import pino, { type Logger } from "pino";
import type { Progress } from "../open/ledger.ts";
import { visibleJson, visibleText } from "../ledger/text/visible-text.ts";
import { LedgerError } from "../ledger/errors.ts";
import { onSingleWriter } from "../storage/writers.ts";
import { asCalled } from "./called-as.ts";
import { wrapLines } from "./wrap-lines.ts";

/** Logs to stderr: everything for machines, only warnings and errors on a terminal. */
export function openLog(): Logger {
  const level = process.env["LOG_LEVEL"] ?? (process.stderr.isTTY ? "warn" : "info");
  if (level !== "silent" && !(level in pino.levels.values)) {
    throw new LedgerError("usage", `LOG_LEVEL ${level} is not a level`, {
      remedy: `choose one of ${Object.keys(pino.levels.values).join(", ")}, silent`,
    });
  }
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    escapeUnseen(openStderr()),
  );
  onSingleWriter((store, { host, pid, since }) => log.warn({ store, host, writer: pid, since }, "the store has no conditional writes: until this process ends it is the only one that may write there"));
  return log;
}

/** Without this listener, a closed log would end the process in the middle of its work. */
function openStderr(): ReturnType<typeof pino.destination> {
  return pino.destination({ dest: 2, sync: true }).on("error", () => undefined);
}

/** Logs are also read on terminals, and pino only escapes what JSON requires. */
function escapeUnseen(destination: { write(line: string): unknown }): { write(line: string): void } {
  return { write: (line) => void destination.write(visibleJson(line)) };
}

/** The members of an error that are logged: never the objects that libraries attach to their errors. */
function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof LedgerError) {
    const { code, message, remedy, retryable } = error;
    return { code, message, remedy, retryable };
  }
  return error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : { message: String(error) };
}

export const silentProgress: Progress = { begin: () => undefined, step: () => undefined };

/** A progress line on a terminal; nothing elsewhere. With NO_COLOR, a line for each task: a spinner is drawn with escape sequences. */
export async function openProgress(): Promise<Progress & { end(): void }> {
  // Without a size, ora would clear lines endlessly.
  if (columnsOf(process.stderr) === undefined) return { ...silentProgress, end: () => undefined };
  if (isPlain(process.env)) return { ...silentProgress, begin: (what, count) => printAside(`${what} ${String(count)}`), end: () => undefined };
  const { default: ora } = await import("ora");
  let spinner: Ora | undefined;
  let steps = 0;
  let done = 0;
  let what = "";
  return {
    begin(next, count) {
      spinner?.succeed();
      what = visibleText(next);
      steps = count;
      done = 0;
      // Discarding input puts the terminal into raw mode, in which Ctrl-C is a character and no signal.
      spinner = ora({ text: `${what} 0/${String(steps)}`, stream: process.stderr, discardStdin: false }).start();
    },
    step() {
      done++;
      if (spinner !== undefined) spinner.text = `${what} ${String(done)}/${String(steps)}`;
    },
    end: () => void spinner?.stop(),
  };
}

/** Whether the user asks for output without escape sequences: https://no-color.org, and a terminal that has none. */
function isPlain({ NO_COLOR: noColor = "", TERM: terminal }: NodeJS.ProcessEnv): boolean {
  return noColor !== "" || terminal === "dumb";
}

export function printJson(value: unknown): void {
  printJsonText(JSON.stringify(value, null, 2));
}

/** Prints a JSON document that is already text. */
export function printJsonText(json: string): void {
  process.stdout.write(`${visibleJson(json)}\n`);
}

/**
 * Prints each text as one line, whatever names from outside it contains; on a terminal, lines are broken between words to its width. Hints name the
 * program as it was called.
 */
export function print(...lines: string[]): void {
  if (lines.length === 0) return;
  process.stdout.write(`${fitTo(process.stdout, shown(lines)).join("\n")}\n`);
}

/** Prints a line that is no result, such as what to do next. It is for people, so it appears on a terminal only, and whole, so that it can be copied. */
export function printAside(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${shown([line]).join("\n")}\n`);
}

function shown(lines: readonly string[]): string[] {
  return lines.map((line) => visibleText(asCalled(line)));
}

/** Undefined where the output is no terminal. A pseudo-terminal may have no size. */
export function columnsOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }): number | undefined {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : undefined;
}

function fitTo(stream: NodeJS.WriteStream, lines: readonly string[]): readonly string[] {
  const columns = columnsOf(stream);
  return columns === undefined ? lines : wrapLines(lines, columns);
}

import type { Ora } from "ora";
import pino, { type Logger } from "pino";
import type { Progress } from "../open/ledger.ts";
import { visibleJson, visibleText } from "../ledger/text/visible-text.ts";
import { LedgerError } from "../ledger/errors.ts";
import { onSingleWriter } from "../storage/writers.ts";

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

/** A progress line on a terminal; nothing elsewhere. */
export async function openProgress(): Promise<Progress & { end(): void }> {
  // A pseudo-terminal without a size has no columns, and ora would then clear lines endlessly.
  const drawable = process.stderr.isTTY && process.stderr.columns > 0;
  if (!drawable) return { ...silentProgress, end: () => undefined };
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
      spinner = ora({ text: `${what} 0/${String(steps)}`, stream: process.stderr }).start();
    },
    step() {
      done++;
      if (spinner !== undefined) spinner.text = `${what} ${String(done)}/${String(steps)}`;
    },
    end: () => void spinner?.stop(),
  };
}

export function printJson(value: unknown): void {
  printJsonText(JSON.stringify(value, null, 2));
}

/** Prints a JSON document that is already text. */
export function printJsonText(json: string): void {
  process.stdout.write(`${visibleJson(json)}\n`);
}

/** Prints each text as one line, whatever names from outside it contains. */
export function print(...lines: string[]): void {
  process.stdout.write(`${lines.map(visibleText).join("\n")}\n`);
}

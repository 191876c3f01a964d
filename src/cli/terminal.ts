import type { Ora } from "ora";
import pino, { type Logger } from "pino";
import type { Progress } from "../open/ledger.ts";
import { visibleJson, visibleText } from "../ledger/text/visible-text.ts";
import { LedgerError } from "../ledger/errors.ts";
import { onSingleWriter } from "../storage/writers.ts";

/** Logs on stderr: everything for machines, only what needs somebody's attention on a terminal. */
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

/** Without a listener a log that nobody takes any more would end the process in the middle of its work. */
function openStderr(): ReturnType<typeof pino.destination> {
  return pino.destination({ dest: 2, sync: true }).on("error", () => undefined);
}

/** Logs are read on terminals as well, and pino escapes no more than JSON asks for. */
function escapeUnseen(destination: { write(line: string): unknown }): { write(line: string): void } {
  return { write: (line) => void destination.write(visibleJson(line)) };
}

/** What of an error goes into a log: never the objects that libraries hang onto theirs. */
function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof LedgerError) {
    const { code, message, remedy, retryable } = error;
    return { code, message, remedy, retryable };
  }
  return error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : { message: String(error) };
}

export const silentProgress: Progress = { begin: () => undefined, step: () => undefined };

/** A line that counts on a terminal; nothing elsewhere. */
export async function openProgress(): Promise<Progress & { end(): void }> {
  // A pseudo-terminal whose size nobody set has no columns, and ora then clears lines without end.
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

/** A JSON document that is text already. */
export function printJsonText(json: string): void {
  process.stdout.write(`${visibleJson(json)}\n`);
}

/** Each of them is one line, whatever names from outside are in it. */
export function print(...lines: string[]): void {
  process.stdout.write(`${lines.map(visibleText).join("\n")}\n`);
}

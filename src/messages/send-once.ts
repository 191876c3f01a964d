import pMap from "p-map";
import type { Logger } from "pino";
import { claimSending, type Claimed, closeSending, finishSending } from "../lake/records/claim-sending.ts";
import { loadOpen, type Sending, type SentKind, type ToSend } from "../lake/records/sending-record.ts";
import { DAY_MS } from "../ledger/durations.ts";
import type { ErrorCode } from "../ledger/errors.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Outcome, type Sendable, sendInQueues } from "./send-in-queues.ts";
import type { SendingTools } from "./send-message.ts";

/** Limits on the time and number of attempts to send. */
export interface Rounds {
  /** Time limit for sending all messages. */
  withinMilliseconds: number;
  /** Number of rounds that try to deliver a message. */
  attempts: number;
  /** Pause after the first round; it doubles with each further one. */
  retryMilliseconds: number;
}

export interface OnceTools extends SendingTools {
  /** The name of this worker in claims. */
  worker: string;
}

/** A kind of message that is sent once, and its words in logs and errors. */
export interface Once<Content extends object> extends SentKind<Content>, Sendable<Content> {
  /** Name of the kind in logs and errors, such as `alert`. */
  noun: string;
  /** Error code for a lake that could not be read or written. */
  failed: ErrorCode;
}

/** The messages of this round, by outcome. */
export interface SentOnce<Content> {
  /** Delivered to all targets by now. */
  sent: number;
  /** Not delivered to every target: it will be tried again, or was given up. */
  failed: number;
  /** Sent earlier, claimed by another worker, or waiting for the next round. */
  known: number;
  /** The records of the messages that were sent or failed in this round. */
  finished: (Content & Sending)[];
}

/** Longer than any step between a claim and its outcome, other than sending, and longer than workers' clocks differ. */
const SPARE_MILLISECONDS = 600_000;
const LONGEST_PAUSE_MILLISECONDS = DAY_MS;
const CLAIMS_AT_ONCE = 8;

/**
 * Records and sends each new message, and sends the unfinished ones of earlier rounds. Failed targets are noted in the records and the
 * log. Throws an error with the kind's code, at the end, where the lake could not be read or written.
 */
export async function sendOnce<Content extends object>(
  { lake, log }: { lake: ObjectStore; log: Logger },
  kind: Once<Content>,
  fresh: readonly ToSend<Content>[],
  rounds: Rounds,
  tools: OnceTools,
): Promise<SentOnce<Content>> {
  const { noun } = kind;
  const keyOf = ({ content }: Pick<ToSend<Content>, "content">): string => kind.keysOf(content).record;
  const open = await loadOpen(lake, kind);
  const opened = new Set(open.map(keyOf));
  const others = fresh.filter((one) => !opened.has(keyOf(one))).map(({ content, targets }) => ({ content, targets: [...new Set(targets)] }));
  const all = [...new Map([...open, ...others].map((one) => [keyOf(one), one])).values()];

  const claimant = { worker: tools.worker, clock: tools.clock, leaseMilliseconds: rounds.withinMilliseconds + SPARE_MILLISECONDS };
  const failures: Failure[] = [];
  const claimed = (await pMap(all, claim, { concurrency: CLAIMS_AT_ONCE })).filter((one) => typeof one === "object");
  const finished: (Content & Sending)[] = [];
  await sendInQueues(claimed, kind, rounds.withinMilliseconds, tools, finish);

  const what = { what: `${noun}s could not be recorded`, tried: all.length, others: `The other ${noun}s were recorded` };
  const failed = partlyFailed(kind.failed, what, failures);
  if (failed !== undefined) throw failed;
  const sent = finished.filter(({ state }) => state === "sent").length;
  return { sent, failed: claimed.length - sent, known: all.length - claimed.length, finished };

  async function claim(one: ToSend<Content>): Promise<Claimed<Content>> {
    const keys = kind.keysOf(one.content);
    try {
      const record = await claimSending(lake, kind, one, claimant);
      if (record === "done" && opened.has(keys.record)) await closeSending(lake, keys);
      return record;
    } catch (cause) {
      failures.push({ name: keys.record, cause });
      return "not now";
    }
  }

  async function finish(record: Content & Sending, outcomes: readonly Outcome[]): Promise<void> {
    const key = kind.keysOf(record).record;
    for (const { target, failure, tries } of outcomes) {
      if (failure === null) log.info({ [noun]: key, target }, `${noun} sent`);
      else log.warn({ [noun]: key, target, failure, tries }, `${noun} not delivered`);
    }
    const outcome = { ...record, ...concludeRound(record, outcomes, rounds, tools.clock()) };
    try {
      if (await finishSending(lake, kind, outcome, tools.clock)) finished.push(outcome);
      else log.warn({ [noun]: key }, `sending took so long that a different worker has claimed the ${noun}`);
    } catch (cause) {
      failures.push({ name: key, cause });
    }
  }
}

/** The changes that a round of sending makes to the record: failed targets are retried later, or given up after the last round. */
function concludeRound(record: Sending, outcomes: readonly Outcome[], { attempts, retryMilliseconds }: Rounds, now: Date): Pick<Sending, "state" | "targets"> & Partial<Sending> {
  const byTarget = new Map(outcomes.map((outcome) => [outcome.target, outcome]));
  const last = record.round >= attempts;
  const targets = record.targets.map((target): Sending["targets"][number] => {
    const outcome = byTarget.get(target.name);
    if (outcome === undefined) return target;
    const tried = { name: target.name, tries: target.tries + outcome.tries, at: now.toISOString() };
    if (outcome.failure === null) return { ...tried, state: "sent", last_error: target.last_error };
    return { ...tried, state: last || outcome.isFinal === true ? "given_up" : "failed", last_error: outcome.failure };
  });
  if (targets.every(({ state }) => state === "sent")) return { state: "sent", targets };
  if (targets.every(({ state }) => state === "sent" || state === "given_up")) return { state: "given_up", targets };
  const pause = Math.min(retryMilliseconds * 2 ** (record.round - 1), LONGEST_PAUSE_MILLISECONDS);
  return { state: "failed", next_try_at: new Date(now.getTime() + pause).toISOString(), targets };
}

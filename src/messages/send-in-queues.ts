import pMap from "p-map";
import { holds } from "../lake/records/claim-sending.ts";
import type { Sending } from "../lake/records/sending-record.ts";
import type { Message } from "./message.ts";
import { type Delivery, sendMessage, type SendingTools } from "./send-message.ts";
import type { Target } from "./target.ts";

/** The outcome of a message at one of its targets. */
export interface Outcome extends Delivery {
  /** Name of the target. */
  target: string;
  /** Whether it will never be retried. */
  isFinal?: boolean;
}

/** How a kind of record is sent. */
export interface Sendable<Content> {
  toMessage: (record: Content & Sending) => Message;
  /** The target of that name; undefined where the configuration no longer has it. */
  targetOf: (record: Content & Sending, name: string) => Target | undefined;
  /** Why a message must no longer be sent to the target of that name; undefined where it may be sent. Checked before each further round. */
  refuse?: (record: Content & Sending, name: string) => Promise<string | undefined>;
}

interface Errand<Content> {
  record: Content & Sending;
  target: string;
  done: (outcome: Outcome) => void;
}

const AT_ONCE_FOR_A_TARGET = 4;

/**
 * Sends messages to the targets that have not received them. Each target has its own queue, so that an unreachable one does not delay the
 * others; messages that are not delivered within the time limit have failed.
 * @param finish is called for each message as soon as all of its targets have been tried.
 */
export async function sendInQueues<Content>(
  records: readonly (Content & Sending)[],
  { toMessage, targetOf, refuse }: Sendable<Content>,
  withinMilliseconds: number,
  tools: SendingTools,
  finish: (record: Content & Sending, outcomes: readonly Outcome[]) => Promise<void>,
): Promise<void> {
  const errands: Errand<Content>[] = [];
  const finishing = records.map(async (record) => {
    const waiting = record.targets.filter(({ state }) => state === "waiting" || state === "failed");
    const outcomes = waiting.map(({ name }) => new Promise<Outcome>((done) => void errands.push({ record, target: name, done })));
    await finish(record, await Promise.all(outcomes));
  });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), withinMilliseconds);
  try {
    const queues = [...Map.groupBy(errands, ({ target }) => target).values()];
    const sending = queues.map((queue) => pMap(queue, run, { concurrency: AT_ONCE_FOR_A_TARGET }));
    await Promise.all([...sending, ...finishing]);
  } finally {
    clearTimeout(timer);
  }

  async function run({ record, target, done }: Errand<Content>): Promise<void> {
    done({ target, ...(await deliver(record, target)) });
  }

  async function deliver(record: Content & Sending, name: string): Promise<Omit<Outcome, "target">> {
    const target = targetOf(record, name);
    const refused = record.round === 1 ? undefined : await refuse?.(record, name).catch(() => null);
    if (refused === null) return { failure: "lake_unreadable", tries: 0 };
    if (refused !== undefined) return { failure: refused, tries: 0, isFinal: true };
    if (target === undefined) return { failure: "target_unknown", tries: 0 };
    if (!holds(record.claim, tools.clock())) return { failure: "claim_lost", tries: 0 };
    return await sendMessage(toMessage(record), target, tools, over.signal);
  }
}

import pMap from "p-map";
import type { AlertRecord } from "../../lake/records/alert-record.ts";
import { holds } from "../../lake/records/claim-alert.ts";
import { layout } from "../../lake/layout.ts";
import type { AlertMessage } from "../alerts/alert-message.ts";
import type { AlertTarget } from "../alerts/alert-target.ts";
import { type Delivery, sendAlert, type SendingTools } from "../alerts/send-alert.ts";

/** The outcome of an alert at one of its targets. */
export interface Outcome extends Delivery {
  /** Name of the target. */
  target: string;
}

interface Errand {
  record: AlertRecord;
  target: string;
  done: (outcome: Outcome) => void;
}

const AT_ONCE_FOR_A_TARGET = 4;

/**
 * Sends alerts to the targets that have not received them. Each target has its own queue, so that an unreachable one does not delay the
 * others; alerts that are not delivered within the time limit have failed.
 * @param finish is called for each alert as soon as all of its targets have been tried.
 */
export async function deliverAlerts(
  records: readonly AlertRecord[],
  { targets, withinMilliseconds }: { targets: readonly AlertTarget[]; withinMilliseconds: number },
  tools: SendingTools,
  finish: (record: AlertRecord, outcomes: readonly Outcome[]) => Promise<void>,
): Promise<void> {
  const errands: Errand[] = [];
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

  async function run({ record, target: name, done }: Errand): Promise<void> {
    const target = targets.find((one) => one.name === name);
    done({ target: name, ...(await deliver(record, target)) });
  }

  async function deliver(record: AlertRecord, target: AlertTarget | undefined): Promise<Delivery> {
    if (target === undefined) return { failure: "target_unknown", tries: 0 };
    if (!holds(record.claim, tools.clock())) return { failure: "claim_lost", tries: 0 };
    return await sendAlert(toMessage(record), target, tools, over.signal);
  }
}

function toMessage(record: AlertRecord): AlertMessage {
  const { kind, limit, period, threshold, title, lines, figures } = record;
  return { id: layout.alert(record).replace(/^alerts\/|\.json$/g, ""), kind, limit, period, threshold, title, lines, figures };
}

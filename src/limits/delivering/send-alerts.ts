import pMap from "p-map";
import { DAY_MS } from "../../ledger/durations.ts";
import { type AlertRecord, loadOpenAlerts, type OpenAlert } from "../../lake/records/alert-record.ts";
import { claimAlert, type Claimed, closeAlert, finishAlert } from "../../lake/records/claim-alert.ts";
import { layout } from "../../lake/layout.ts";
import type { Alert } from "../alerts/alert.ts";
import { deliverAlerts, type Outcome } from "./deliver-alerts.ts";
import type { AlertTools, Notifying } from "./alerting.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type Failure, partlyFailed } from "../../ledger/partly-failed.ts";

/** The alerts of this evaluation, by outcome. */
export interface SentAlerts {
  /** Delivered to all targets by now. */
  sent: number;
  /** Not delivered to every target: it will be tried again, or was given up. */
  failed: number;
  /** Sent earlier, claimed by another worker, or waiting for the next attempt. */
  known: number;
}

/** Longer than any step between a claim and its outcome, other than sending, and longer than workers' clocks differ. */
const SPARE_MILLISECONDS = 600_000;
const LONGEST_PAUSE_MILLISECONDS = DAY_MS;
const CLAIMS_AT_ONCE = 8;

/**
 * Records and sends each new alert, and sends the unfinished alerts of earlier evaluations. Failed targets are noted in the records and the
 * log. Throws `alerts_failed`, at the end, where the lake could not be read or written.
 */
export async function sendAlerts(
  { stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">,
  alerts: readonly Alert[],
  notifying: Notifying,
  tools: AlertTools,
): Promise<SentAlerts> {
  const open = await loadOpenAlerts(lake);
  const opened = new Set(open.map(layout.alert));
  const others = alerts.map(toOpenAlert).filter((alert) => !opened.has(layout.alert(alert)));
  const all = [...new Map([...open, ...others].map((alert) => [layout.alert(alert), alert])).values()];

  const claimant = { worker: tools.worker, clock: tools.clock, leaseMilliseconds: notifying.withinMilliseconds + SPARE_MILLISECONDS };
  const failures: Failure[] = [];
  const claimed = (await pMap(all, claim, { concurrency: CLAIMS_AT_ONCE })).filter((one) => typeof one === "object");
  const finished: AlertRecord[] = [];
  await deliverAlerts(claimed, notifying, tools, finish);

  const what = { what: "alerts could not be recorded", tried: all.length, rest: "The other alerts were recorded" };
  const failed = partlyFailed("alerts_failed", what, failures);
  if (failed !== undefined) throw failed;
  const sent = finished.filter(({ state }) => state === "sent").length;
  return { sent, failed: claimed.length - sent, known: all.length - claimed.length };

  async function claim(alert: OpenAlert): Promise<Claimed> {
    const key = layout.alert(alert);
    try {
      const record = await claimAlert(lake, alert, claimant);
      if (record === "done" && opened.has(key)) await closeAlert(lake, alert);
      return record;
    } catch (cause) {
      failures.push({ name: key, cause });
      return "not now";
    }
  }

  async function finish(record: AlertRecord, outcomes: readonly Outcome[]): Promise<void> {
    const alert = layout.alert(record);
    for (const { target, failure, tries } of outcomes) {
      if (failure === null) log.info({ alert, target }, "alert sent");
      else log.warn({ alert, target, failure, tries }, "alert not delivered");
    }
    const outcome = concludeRound(record, outcomes, notifying, tools.clock());
    try {
      if (await finishAlert(lake, outcome, tools.clock)) finished.push(outcome);
      else log.warn({ alert }, "sending took so long that a different worker has claimed the alert");
    } catch (cause) {
      failures.push({ name: alert, cause });
    }
  }
}

function toOpenAlert({ kind, limit, period, threshold, title, lines, figures, targets }: Alert): OpenAlert {
  return { format: 1, kind, limit, period, threshold, title, lines: [...lines], figures: { ...figures }, targets: [...new Set(targets)] };
}

/** The record after a round of sending: failed targets are tried again later, or given up after the last round. */
function concludeRound(record: AlertRecord, outcomes: readonly Outcome[], { attempts, retryMilliseconds }: Notifying, now: Date): AlertRecord {
  const byTarget = new Map(outcomes.map((outcome) => [outcome.target, outcome]));
  const last = record.round >= attempts;
  const targets = record.targets.map((target): AlertRecord["targets"][number] => {
    const outcome = byTarget.get(target.name);
    if (outcome === undefined) return target;
    const tried = { name: target.name, tries: target.tries + outcome.tries, at: now.toISOString() };
    if (outcome.failure === null) return { ...tried, state: "sent", last_error: target.last_error };
    return { ...tried, state: last ? "given_up" : "failed", last_error: outcome.failure };
  });
  if (targets.every(({ state }) => state === "sent")) return { ...record, state: "sent", targets };
  if (last) return { ...record, state: "given_up", targets };
  const pause = Math.min(retryMilliseconds * 2 ** (record.round - 1), LONGEST_PAUSE_MILLISECONDS);
  return { ...record, state: "failed", next_try_at: new Date(now.getTime() + pause).toISOString(), targets };
}

import { plainLedger } from "../plain-ledger.ts";
import { expect } from "vitest";
import type { Notifying } from "../../src/limits/delivering/alerting.ts";
import type { OnceTools } from "../../src/messages/send-once.ts";
import { sendAlerts, type SentAlerts } from "../../src/limits/delivering/send-alerts.ts";
import { type AlertRecord, loadAlerts } from "../../src/lake/records/alert-record.ts";
import type { Alert } from "../../src/limits/alerts/alert.ts";
import type { Target } from "../../src/messages/target.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";

export const MINUTE = 60_000;

export function alertOf(threshold: string, targets: readonly string[] = ["ops"], limit = "payments monthly"): Alert {
  const title = `${limit} has spent ${threshold} %`;
  return { kind: "budget", limit, period: "2026-10", threshold, title, lines: ["who, what, how much"], targets, figures: { spent_usd: "812.000000000" } };
}

export function ops(url: string, changes: Partial<Extract<Target, { kind: "webhook" | "slack" }>> = {}): Target {
  return { name: "ops", kind: "webhook", url, timeoutMilliseconds: 30_000, ...changes };
}

export function notifying(targets: readonly Target[], changes: Partial<Notifying> = {}): Notifying {
  return { targets, withinMilliseconds: 30_000, attempts: 3, retryMilliseconds: 5 * MINUTE, ...changes };
}

export async function send(lake: ObjectStore, alerts: readonly Alert[], to: Notifying, tools: OnceTools): Promise<SentAlerts> {
  return await sendAlerts(plainLedger(lake, lake), alerts, to, tools);
}

export function thresholds(received: readonly { body: string }[]): string[] {
  return received.map(({ body }) => (JSON.parse(body) as { threshold: string }).threshold);
}

/** The one record that the lake has. */
export async function only(lake: ObjectStore): Promise<AlertRecord> {
  const [record, ...others] = await loadAlerts(lake);
  expect(others).toEqual([]);
  return record!;
}

import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { layout } from "../../lake/layout.ts";
import type { Alert } from "../alerts/alert.ts";
import { ANOMALY, describeAnomaly, limitOf, type SessionCost } from "../anomalies/describe-anomaly.ts";
import { type Anomaly, findAnomalies } from "../anomalies/find-anomalies.ts";
import { addDays, dayOf, startOfDay } from "../../ledger/days.ts";
import type { DaySpend } from "../budgets/spend.ts";
import type { AnomalyCheck } from "./alerting.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readSessions } from "./read-sessions.ts";

/** Usage may arrive late: a day is evaluated again on each of this many days after it. */
const LATE_DAYS = 3;
const SESSIONS = 5;

/** Returns the spend from `from` on and before `to`, both starts of days in the time zone, by days of that zone. */
export type SpendOf = (from: Date, to: Date, timezone: string) => Promise<readonly DaySpend[]>;

/**
 * Alerts for the last complete days on which spend left its usual range, without those already recorded, earliest first.
 * @param days manifests of all built days.
 */
export async function findAnomalyAlerts(
  lake: ObjectStore,
  check: AnomalyCheck,
  days: readonly DayManifest[],
  spendOf: SpendOf,
  now: Date,
): Promise<Alert[]> {
  const { timezone } = check;
  const today = dayOf(now, timezone);
  const first = addDays(today, -LATE_DAYS);
  const spends = await spendOf(startOfDay(addDays(first, -check.historyDays), timezone), startOfDay(today, timezone), timezone);
  const alerts: Alert[] = [];
  for (let day = first; day < today; day = addDays(day, 1)) {
    for (const anomaly of findAnomalies(spends, day, check)) {
      const name = { limit: limitOf(anomaly), period: anomaly.day, threshold: ANOMALY };
      if ((await lake.head(layout.alert(name))) !== undefined) continue;
      alerts.push(describeAnomaly(anomaly, await sessionsOf(anomaly, lake, days, timezone), check.notify));
    }
  }
  return alerts;
}

/** A team's sessions are the sessions of its callers on that day, even where other teams pay for a part. */
async function sessionsOf(anomaly: Anomaly, lake: ObjectStore, days: readonly DayManifest[], timezone: string): Promise<SessionCost[]> {
  const span = { from: startOfDay(anomaly.day, timezone), to: startOfDay(addDays(anomaly.day, 1), timezone) };
  const first = utcDate(span.from.getTime());
  const last = utcDate(span.to.getTime() - 1);
  const ofSpan = days.filter(({ date }) => date >= first && date <= last);
  const filter = anomaly.kind === "tag" ? { tag: anomaly.name } : { callers: anomaly.callers.map(({ name }) => name) };
  return await readSessions(lake, ofSpan, span, filter, SESSIONS);
}

function utcDate(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

import pMap from "p-map";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { layout } from "../../lake/layout.ts";
import type { Alert } from "../alerts/alert.ts";
import { replaceErased, replaceInAlert } from "../alerts/erase-names.ts";
import { limitAlerts } from "../budgets/limit-alerts.ts";
import type { LimitState } from "../budgets/limit-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { findAnomalyAlerts } from "./find-anomaly-alerts.ts";
import type { Ledger } from "../../open/ledger.ts";
import { readSpend } from "../checking/read-spend.ts";
import { sendAlerts, type SentAlerts } from "./send-alerts.ts";

const LOOKS_AT_ONCE = 8;

/** Records and sends the alerts from the budgets' states and the last days' spend, each once. */
export async function tellAlerts(
  ledger: Pick<Ledger, "stores" | "rules" | "telling">,
  states: readonly LimitState[],
  days: readonly DayManifest[],
  now: Date,
): Promise<SentAlerts> {
  const { notifying, anomalies, tools } = ledger.telling.alerting;
  const unusual =
    anomalies === undefined ? [] : await findAnomalyAlerts(ledger.stores.lake, anomalies, days, (from, to, timezone) => readSpend(ledger, days, from, to, timezone), now);
  const { pseudonymOf } = ledger.rules.allocation;
  // A budget may be named after an erased caller: an alert that was sent is not sent again with the name.
  const replace = pseudonymOf === undefined ? undefined : replaceErased(pseudonymOf);
  const about = (wanted: readonly LimitState[]): Alert[] => limitAlerts(wanted).map((alert) => (replace === undefined ? alert : replaceInAlert(alert, replace)));
  const [underWay, ended] = [about(states.filter((state) => state.ended === null)), about(states.filter((state) => state.ended !== null))];
  return await sendAlerts(ledger, [...underWay, ...(await withoutRecord(ledger.stores.lake, ended)), ...unusual], notifying, tools);
}

/** Ended periods are evaluated for weeks: alerts that were already sent are left out. */
async function withoutRecord(lake: ObjectStore, alerts: readonly Alert[]): Promise<Alert[]> {
  const known = await pMap(alerts, async (alert) => (await lake.head(layout.alert(alert))) !== undefined, { concurrency: LOOKS_AT_ONCE });
  return alerts.filter((_, index) => known[index] === false);
}

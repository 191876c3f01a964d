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
import { coverageOf } from "../checking/coverage.ts";
import { sendAlerts, type SentAlerts } from "./send-alerts.ts";
import { type Settled, settleProvisional } from "./settle-provisional.ts";

const LOOKS_AT_ONCE = 8;

/** Records and sends the alerts from the budgets' states and the last days' spend, each once. */
export async function tellAlerts(
  ledger: Pick<Ledger, "stores" | "rules" | "telling">,
  states: readonly LimitState[],
  days: readonly DayManifest[],
  now: Date,
): Promise<SentAlerts> {
  const { notifying, anomalies, live, tools } = ledger.telling.alerting;
  const unusual =
    anomalies === undefined ? [] : await findAnomalyAlerts(ledger.stores.lake, anomalies, days, (from, to, timezone) => readSpend(ledger, days, from, to, timezone), now);
  const { pseudonymOf } = ledger.rules.allocation;
  // A budget may be named after an erased caller: an alert that was sent is not sent again with the name.
  const replace = pseudonymOf === undefined ? (text: string) => text : replaceErased(pseudonymOf);
  const settled = live === undefined ? [] : await settleProvisional(ledger.stores.lake, states, coverageOf(days), replace);
  const told = states.map((state, index) => ({ ended: state.ended !== null, ...alertsOf(state, settled[index]) }));
  const about = (wanted: readonly Alert[]): Alert[] => wanted.map((alert) => (pseudonymOf === undefined ? alert : replaceInAlert(alert, replace)));
  const ofLedger = (ended: boolean): Alert[] => about(told.filter((one) => one.ended === ended).flatMap(({ raised }) => raised));
  const withdrawn = about(told.flatMap((one) => one.withdrawn));
  return await sendAlerts(ledger, [...ofLedger(false), ...(await withoutRecord(ledger.stores.lake, ofLedger(true))), ...withdrawn, ...unusual], notifying, tools);
}

/** The alerts of a state, with their lines about provisional alerts, and the alerts that withdraw provisional alerts. */
function alertsOf(state: LimitState, settled: Settled | undefined): { raised: Alert[]; withdrawn: readonly Alert[] } {
  const raised = limitAlerts([state]).map((alert) => {
    const confirmation = settled?.confirmed.get(Number(alert.threshold));
    return confirmation === undefined ? alert : { ...alert, lines: [confirmation, ...alert.lines] };
  });
  return { raised, withdrawn: settled?.withdrawn ?? [] };
}

/** Ended periods are evaluated for weeks: alerts that were already sent are left out. */
async function withoutRecord(lake: ObjectStore, alerts: readonly Alert[]): Promise<Alert[]> {
  const known = await pMap(alerts, async (alert) => (await lake.head(layout.alert(alert))) !== undefined, { concurrency: LOOKS_AT_ONCE });
  return alerts.filter((_, index) => known[index] === false);
}

import type { DayManifest } from "../../src/lake/day-manifest.ts";
import { limitAlerts } from "../../src/limits/budgets/limit-alerts.ts";
import type { LimitState } from "../../src/limits/budgets/limit-state.ts";
import { findAnomalyAlerts } from "./find-anomalies.ts";
import type { LedgerContext } from "../ledger-context.ts";
import { readSpend } from "./read-spend.ts";
import { sendAlerts, type SentAlerts } from "./send-alerts.ts";

/** Records and sends what the budgets' states and the last days' spend give somebody to know, each once. */
export async function tellAlerts(
  ledger: Pick<LedgerContext, "lake" | "allocation" | "alerting" | "log">,
  states: readonly LimitState[],
  days: readonly DayManifest[],
  now: Date,
): Promise<SentAlerts> {
  const { notifying, anomalies, tools } = ledger.alerting;
  const unusual =
    anomalies === undefined ? [] : await findAnomalyAlerts(ledger, anomalies, days, (from, to, timezone) => readSpend(ledger, days, from, to, timezone), now);
  return await sendAlerts(ledger, [...limitAlerts(states), ...unusual], notifying, tools);
}

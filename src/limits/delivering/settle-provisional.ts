import pMap from "p-map";
import { type AlertRecord, readAlert } from "../../lake/records/alert-record.ts";
import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Alert } from "../alerts/alert.ts";
import type { LimitState } from "../budgets/limit-state.ts";
import { confirmationLine, thresholdNames, withdrawnAlert } from "../live/live-alerts.ts";

const AT_ONCE = 8;

/** The ledger's decisions about the provisional alerts of a budget's period. */
export interface Settled {
  /** For each threshold that the ledger reaches as well, the line that its own alert gets. */
  confirmed: ReadonlyMap<number, string>;
  /** Alerts that withdraw provisional alerts. */
  withdrawn: readonly Alert[];
}

/**
 * Settles the provisional alerts that neither an alert of the ledger nor a withdrawal has settled, for each state in its order. A threshold that
 * the ledger reaches is confirmed by the ledger's own alert. A threshold that the ledger does not reach is withdrawn once the ledger has later
 * exports than the provisional alert from every gateway whose hooks had added to the estimate. Until then the alert stays open.
 * @param rename replaces erased logins, as in the names of alerts.
 */
export async function settleProvisional(lake: ObjectStore, states: readonly LimitState[], coveredUntil: ReadonlyMap<string, Date>, rename: (name: string) => string): Promise<Settled[]> {
  return await pMap(states, (state) => settle(lake, state, coveredUntil, rename(state.name)), { concurrency: AT_ONCE });
}

async function settle(lake: ObjectStore, state: LimitState, coveredUntil: ReadonlyMap<string, Date>, limit: string): Promise<Settled> {
  const of = { limit, period: state.period.name };
  const confirmed = new Map<number, string>();
  const withdrawn: Alert[] = [];
  for (const threshold of await openThresholds(lake, of)) {
    const record = await readAlert(lake, { ...of, threshold: thresholdNames.live(threshold) });
    if (record === undefined) continue;
    const raisedAt = new Date(record.raised_at);
    if (state.reached.includes(Number(threshold))) confirmed.set(Number(threshold), confirmationLine(raisedAt, state));
    else if (isCovered(record, raisedAt, coveredUntil)) withdrawn.push(withdrawnAlert(state, threshold, raisedAt));
  }
  return { confirmed, withdrawn };
}

/** Thresholds of the period's provisional alerts that are not settled. */
async function openThresholds(lake: ObjectStore, of: { limit: string; period: string }): Promise<string[]> {
  const folder = layout.alertsOf(of);
  const names = new Set<string>();
  for await (const { key } of lake.list(folder)) names.add(key.slice(folder.length).replace(/\.json$/, ""));
  return [...names].flatMap((name) => thresholdNames.ofLive(name) ?? []).filter((threshold) => !names.has(threshold) && !names.has(thresholdNames.withdrawn(threshold)));
}

function isCovered({ figures: { gateways } }: AlertRecord, raisedAt: Date, coveredUntil: ReadonlyMap<string, Date>): boolean {
  const names = typeof gateways === "string" && gateways !== "" ? gateways.split(",") : [...coveredUntil.keys()];
  return names.every((name) => (coveredUntil.get(name)?.getTime() ?? 0) >= raisedAt.getTime());
}

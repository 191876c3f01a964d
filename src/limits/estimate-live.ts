import type { DayManifest } from "../lake/days/day-manifest.ts";
import { HOUR_MS } from "../ledger/durations.ts";
import type { Ledger } from "../open/ledger.ts";
import type { Budget } from "./budgets/budget.ts";
import type { LimitState } from "./budgets/limit-state.ts";
import { stateOfLimits } from "./check-limits.ts";
import { coverageOf } from "./checking/coverage.ts";
import { placeLiveSums } from "./estimating/place-live-sums.ts";
import { estimateBudget, type LiveEstimate, type NoEstimate } from "./live/live-estimate.ts";
import type { LiveRequests } from "./live/live-requests.ts";

/** The ledger's figures for the budgets. Live requests are added to them. */
export interface LiveBase {
  rules: Pick<Ledger["rules"], "normalisingAt" | "allocation">;
  budgets: readonly Budget[];
  /** The budgets in force, in their current periods. */
  states: readonly LimitState[];
  /** Time of each gateway's last export in a built day. */
  coveredUntil: ReadonlyMap<string, Date>;
  /** Names of the configured gateways. */
  gateways: readonly string[];
}

/** Live requests, and for how long they are kept. */
export interface LiveSource {
  requests: LiveRequests;
  keepHours: number;
}

/** Reads the ledger's current figures. @param days manifests of all built days. */
export async function readLiveBase(ledger: Pick<Ledger, "stores" | "rules">, days: readonly DayManifest[], now: Date): Promise<LiveBase> {
  const budgets = ledger.rules.budgets();
  return { rules: ledger.rules, budgets, states: await stateOfLimits(ledger, budgets, days, now), coveredUntil: coverageOf(days), gateways: ledger.stores.sources.map(({ instance }) => instance) };
}

/** The live estimate of each budget in force, in their order. Throws where the live requests cannot be read. */
export async function estimateLive(base: LiveBase, { requests, keepHours }: LiveSource, now: Date): Promise<(LiveEstimate | NoEstimate)[]> {
  const { rules, budgets, states, coveredUntil, gateways } = base;
  const keptFrom = new Date(now.getTime() - keepHours * HOUR_MS);
  const { since, sums } = await requests.sumsFrom(firstWanted(base, keptFrom));
  const usages = placeLiveSums(rules, sums, now);
  return states.flatMap((state) => {
    const budget = budgets.find(({ name }) => name === state.name);
    return budget === undefined ? [] : [estimateBudget(budget, state, usages, { gateways, coveredUntil, since, keptFrom })];
  });
}

/** No budget counts an earlier request. */
function firstWanted({ gateways, coveredUntil, states }: LiveBase, keptFrom: Date): Date {
  const ends = gateways.map((gateway) => coveredUntil.get(gateway)?.getTime() ?? 0);
  const begins = states.map(({ period }) => period.from.getTime());
  return new Date(Math.max(keptFrom.getTime(), Math.min(...ends), begins.length === 0 ? 0 : Math.min(...begins)));
}

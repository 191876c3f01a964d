import type { Nanodollars } from "../../ledger/money.ts";
import type { Budget } from "../budgets/budget.ts";
import type { LimitState } from "../budgets/limit-state.ts";
import { gatewaysOfScope, scopeMatcher } from "../budgets/scope.ts";
import type { LiveUsage } from "./live-usage.ts";

/** How much of a gateway's usage the ledger has. */
export interface LedgerCoverage {
  /** Names of the configured gateways. */
  gateways: readonly string[];
  /** Time of each gateway's last export in a built day: later requests are not in the ledger. */
  coveredUntil: ReadonlyMap<string, Date>;
  /** The arrival of the first hook that is still counted; null if there is no such hook. */
  since: Date | null;
  /** How far back hooks are kept. */
  keptFrom: Date;
}

/** A budget's spend: the ledger's figure, and the requests that hooks reported since. This estimate is marked as provisional wherever it is shown. */
export interface LiveEstimate {
  state: LimitState;
  /** The ledger's spend, and the spend that hooks reported since. */
  spent: Nanodollars;
  /** The part that hooks reported. */
  added: Nanodollars;
  /** Number of requests in that part, each counted once. */
  requests: number;
  /** Number of those requests without an estimate. They add no spend. */
  unpriced: number;
  /** Percentage of the amount, rounded down to one decimal. */
  percent: number;
  /** Thresholds, in per cent, that the estimate reaches, in order. */
  reached: readonly number[];
  /** Gateways whose hooks added something, in order. */
  gateways: readonly string[];
  /** Arrival of the last request that counts, to the minute; null where there is none. */
  lastMinute: Date | null;
  /** The estimate lacks requests between the end of the ledger's data and this time; null if it lacks none. */
  lacksUntil: Date | null;
}

/** Why there is no estimate of a budget: hooks carry no dimensions. */
export interface NoEstimate {
  state: LimitState;
  dimensions: readonly string[];
}

/** The properties of a request that hooks report. Every other property of a scope is a dimension. */
const SAID: ReadonlySet<string> = new Set(["team", "tag", "caller", "gateway", "provider", "model", "billing"]);

/**
 * Adds the requests that hooks reported to the ledger's figures for a budget's current period. For each gateway it adds the requests from the minute
 * of its last export in a built day on. Only that minute may count twice, so that a limit is noticed early rather than late.
 */
export function estimateBudget({ scope, pseudonyms, thresholds }: Budget, state: LimitState, usages: readonly LiveUsage[], { gateways: configured, coveredUntil, since, keptFrom }: LedgerCoverage): LiveEstimate | NoEstimate {
  const dimensions = [...scope.keys()].filter((name) => !SAID.has(name));
  if (dimensions.length > 0) return { state, dimensions };
  const matches = scopeMatcher(scope, pseudonyms);
  const { period, amount } = state;
  const gateways = new Set<string>();
  let [added, requests, unpriced, last] = [0n, 0, 0, 0];
  for (const usage of usages) {
    if (usage.minute < period.from || usage.minute >= period.to || !isAfter(usage, coveredUntil)) continue;
    const parts = usage.parts.filter(matches);
    if (parts.length === 0) continue;
    for (const { cost } of parts) added += cost;
    requests += usage.requests;
    unpriced += usage.unpriced;
    gateways.add(usage.instance);
    last = Math.max(last, usage.minute.getTime());
  }
  const spent = state.spent + added;
  const first = since === null || since > keptFrom ? since : keptFrom;
  return {
    state,
    spent,
    added,
    requests,
    unpriced,
    percent: Number((spent * 1000n) / amount) / 10,
    reached: thresholds.filter((threshold) => spent * 100n >= BigInt(threshold) * amount).toSorted((a, b) => a - b),
    gateways: [...gateways].sort(),
    lastMinute: last === 0 ? null : new Date(last),
    lacksUntil: first !== null && isLacking(gatewaysOfScope(scope, configured), coveredUntil, period.from, first) ? first : null,
  };
}

/** Whether the estimate could be made. */
export function isEstimate(one: LiveEstimate | NoEstimate): one is LiveEstimate {
  return "spent" in one;
}

function isAfter({ instance, minute }: LiveUsage, coveredUntil: LedgerCoverage["coveredUntil"]): boolean {
  const until = coveredUntil.get(instance);
  return until === undefined || minute.getTime() + 60_000 > until.getTime();
}

/**
 * Whether a gateway may have unknown requests: nothing is known between the end of its data in the ledger (or the beginning of the period) and the
 * first hook. A gateway that is no longer configured is not expected to send exports or hooks.
 */
function isLacking(gateways: readonly string[], coveredUntil: LedgerCoverage["coveredUntil"], from: Date, first: Date): boolean {
  return gateways.some((gateway) => first > from && first > (coveredUntil.get(gateway) ?? from));
}

import { formatDollars } from "../../ledger/money.ts";
import type { Alert } from "../alerts/alert.ts";
import type { LimitState } from "../budgets/limit-state.ts";
import { showDollars, showTime } from "../budgets/show-limit.ts";
import type { LiveEstimate } from "./live-estimate.ts";
import { describeEstimate } from "./show-estimate.ts";

const LIVE = "live-";
const WITHDRAWN = "withdrawn-";

/** The names under which alerts of a threshold are kept. */
export const thresholdNames = {
  /** @param threshold per cent. */
  live: (threshold: number | string): string => `${LIVE}${String(threshold)}`,
  withdrawn: (threshold: number | string): string => `${WITHDRAWN}${String(threshold)}`,
  /** The threshold of a provisional alert; undefined for other alerts. */
  ofLive: (name: string): string | undefined => (name.startsWith(LIVE) ? name.slice(LIVE.length) : undefined),
};

/** One provisional alert for each threshold that the estimate reaches and the ledger does not. */
export function provisionalAlerts(estimate: LiveEstimate): Alert[] {
  const { state, spent, added, percent, requests, unpriced, gateways } = estimate;
  const { name, scope, amount, period, notify, asOf } = state;
  const news = estimate.reached.filter((threshold) => !state.reached.includes(threshold));
  return news.map((threshold) => ({
    kind: "provisional",
    limit: name,
    period: period.name,
    threshold: thresholdNames.live(threshold),
    title: `Budget ${name} (${scope}): ${String(threshold)} % of ${showDollars(amount)} is spent in ${period.name} by a live estimate; provisional`,
    lines: [
      `Live estimate: ${showDollars(spent)} of ${showDollars(amount)} (${percent.toFixed(1)} %).`,
      `The ledger has ${showDollars(state.spent)}, as of ${showTime(asOf, period.timezone)} ${period.timezone}.`,
      ...describeEstimate(estimate).map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`),
      "Provisional: the ledger confirms or withdraws it once the exports of that time are in.",
      "Where to look: aperture-ledger limits",
    ],
    targets: notify,
    figures: {
      kind: "live estimate",
      amount_usd: formatDollars(amount),
      spent_usd: formatDollars(spent),
      added_usd: formatDollars(added),
      percent,
      requests,
      unpriced_requests: unpriced,
      // Names of gateways contain no commas.
      gateways: gateways.join(","),
      scope,
    },
  }));
}

/** Withdraws a provisional alert: all exports of its time have arrived, and the ledger does not reach the threshold. */
export function withdrawnAlert(state: LimitState, threshold: string, raisedAt: Date): Alert {
  const { name, scope, amount, spent, percent, period, notify, asOf } = state;
  const { timezone } = period;
  return {
    kind: "withdrawn",
    limit: name,
    period: period.name,
    threshold: thresholdNames.withdrawn(threshold),
    title: `Budget ${name} (${scope}): ${threshold} % of ${showDollars(amount)} was not reached in ${period.name}; the live estimate is withdrawn`,
    lines: [
      `A live estimate reached it at ${showTime(raisedAt, timezone)} ${timezone}; the exports of that time are in.`,
      `The ledger has ${showDollars(spent)} of ${showDollars(amount)} (${String(percent)} %), as of ${showTime(asOf, timezone)} ${timezone}.`,
      "If the ledger reaches the threshold later in the period, it says so in an alert of its own.",
    ],
    targets: notify,
    figures: { amount_usd: formatDollars(amount), spent_usd: formatDollars(spent), percent, raised_at: raisedAt.toISOString(), scope },
  };
}

/** Added to the ledger's own alert of a threshold that a live estimate had reached. */
export function confirmationLine(raisedAt: Date, { period: { timezone } }: LimitState): string {
  return `This confirms the live estimate of ${showTime(raisedAt, timezone)} ${timezone}.`;
}

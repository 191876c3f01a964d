import { formatDollars } from "../../ledger/money.ts";
import { showDollars, showTime } from "../budgets/show-limit.ts";
import type { LiveEstimate, NoEstimate } from "./live-estimate.ts";
import { isEstimate } from "./live-estimate.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** `live estimate: $34.10 of $40.00 (85.2 %), $2.10 of it from 12 requests that hooks reported up to 2026-10-08 14:05 UTC; …` */
export function showEstimate(one: LiveEstimate | NoEstimate): string {
  if (!isEstimate(one)) return `no live estimate: hooks do not say ${listSome(one.dimensions)}`;
  const { state: { amount }, spent, percent } = one;
  return [`live estimate: ${showDollars(spent)} of ${showDollars(amount)} (${percent.toFixed(1)} %)`, ...describeEstimate(one)].join("; ");
}

/** What the estimate is based on, and what it lacks. */
export function describeEstimate({ state: { period: { timezone } }, added, requests, unpriced, lastMinute, lacksUntil }: LiveEstimate): string[] {
  const time = (at: Date): string => `${showTime(at, timezone)} ${timezone}`;
  return [
    lastMinute === null ? "hooks reported nothing that the ledger lacks" : `${showDollars(added)} of it from ${countRequests(requests)} that hooks reported up to ${time(lastMinute)}`,
    ...(unpriced === 0 ? [] : [`${countRequests(unpriced)} without an estimate, counted as $0.00`]),
    ...(lacksUntil === null ? [] : [`it lacks what was requested between the last exports and ${time(lacksUntil)}`]),
  ];
}

/** For machines: money as text of dollars with nine decimals. */
export function estimateToJson(one: LiveEstimate | NoEstimate): Record<string, unknown> {
  const { name, period } = one.state;
  const of = { name, period: period.name, kind: "live estimate" };
  if (!isEstimate(one)) return { ...of, spent_usd: null, why: `hooks do not say ${one.dimensions.join(", ")}` };
  const { state, spent, added, requests, unpriced, percent, reached, lastMinute, lacksUntil } = one;
  return {
    ...of,
    amount_usd: formatDollars(state.amount),
    spent_usd: formatDollars(spent),
    added_usd: formatDollars(added),
    requests,
    unpriced_requests: unpriced,
    percent,
    reached,
    up_to: lastMinute?.toISOString() ?? null,
    lacks_until: lacksUntil?.toISOString() ?? null,
  };
}

function countRequests(count: number): string {
  return `${String(count)} ${count === 1 ? "request" : "requests"}`;
}

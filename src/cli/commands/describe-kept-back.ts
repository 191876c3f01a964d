import type { Cause, KeptBack } from "../../archive/purging/purge-plan.ts";
import { amount } from "./describe-copies.ts";

/** A line for each reason why copies stay, with their sums. A copy under several holds is counted for each of them. */
export function describeKeptBack(kept: readonly KeptBack[]): string[] {
  const byReason = new Map<string, KeptBack[]>();
  for (const one of kept) for (const reason of reasonsOf(one.cause)) byReason.set(reason, [...(byReason.get(reason) ?? []), one]);
  return [...byReason].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, copies]) => `kept back    ${amount(copies)}: ${reason}${lockedUntil(copies)}`);
}

function reasonsOf(cause: Cause): string[] {
  switch (cause.kind) {
    case "lock":
      return ["locked"];
    case "hold":
      return cause.holds.map(({ id, by, reason }) => `on hold by ${by} (${id}): ${reason}`);
    case "store_hold":
      return ["on hold: the store has a legal hold on them"];
    case "other":
      return [cause.why];
    default:
      return cause satisfies never;
  }
}

/** When the first and the last of these locks end. */
function lockedUntil(copies: readonly KeptBack[]): string {
  const ends = copies.flatMap(({ cause }) => (cause.kind === "lock" && cause.until !== null ? [cause.until] : [])).sort();
  const [first, last] = [ends.at(0), ends.at(-1)];
  if (first === undefined || last === undefined) return "";
  return first === last ? ` until ${first}` : `, the first until ${first}, the last until ${last}`;
}

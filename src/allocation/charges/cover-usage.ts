import { formatDollars, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { ChargedUse } from "./charged-use.ts";
import type { ChargeOfMonth } from "./charges-of-month.ts";

/** An amount that is not owed again, because a charge already pays for it. */
export interface CoveredUse {
  use: ChargedUse;
  base: string;
  /** Negative. */
  cost: Nanodollars;
}

/**
 * Subtracts what a charge covers from the amount owed for its usage, in proportion to the amounts: all of it, or up to the charge's limit. What
 * callers pay themselves is a list value and does not change.
 */
export function coverUsage({ covers }: Pick<ChargeOfMonth, "covers">, uses: readonly ChargedUse[]): CoveredUse[] {
  const open = uses.filter(({ usage, owed }) => owed > 0n && !isListValue(usage.billing)).map((use) => ({ use, name: nameUse(use), weight: use.owed }));
  open.sort((a, b) => (a.name < b.name ? -1 : 1));
  const owed = open.reduce((sum, { weight }) => sum + weight, 0n);
  const covered = covers === "all" || covers > owed ? owed : covers;
  if (covered === 0n) return [];
  const base = `covered: $${formatDollars(covered)} of $${formatDollars(owed)}`;
  const parts = splitByLargestRemainder(covered, open);
  return open.flatMap(({ use }, index) => {
    const part = parts[index] ?? 0n;
    return part === 0n ? [] : [{ use, base, cost: -part }];
  });
}

/** Identifies a use independently of how its keys are numbered. */
function nameUse({ usage, from, team, costCenter, tag }: ChargedUse): string {
  const { dimensions, ...key } = usage;
  return JSON.stringify([team, costCenter, tag, from, key.instance, key.caller, key.callerType, key.tags, key.provider, key.model, key.billing, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

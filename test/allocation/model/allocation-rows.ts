import { formatDollars, formatDollarsOrNull, type Nanodollars } from "../../../src/ledger/money.ts";
import { COUNT_COLUMNS } from "../../../src/ledger/usage/usage-columns.ts";
import { sortEntries } from "../../../src/ledger/usage/usage-key.ts";
import type { Allocated } from "./allocate.ts";
import { addSums, NOTHING, type Sums } from "./sums.ts";

/** The key columns of the `allocations` table, in order; amounts follow. */
export const ALLOCATION_KEYS = [
  "team", "cost_center", "caller", "caller_type", "tag", "dimensions", "instance", "provider", "model", "billing",
  "method", "rule", "base", "share",
] as const;
export const ALLOCATION_AMOUNTS = ["cost_usd", ...COUNT_COLUMNS] as const;

/** The values of a row as texts, in the order of keys and amounts: dimensions as a JSON list of entries, amounts with nine decimals. */
export type AllocationRow = readonly (string | null)[];

/** The cost column holds 18 digits. */
const MOST_COST = 10n ** 18n - 1n;

/** One row per key. An impossibly large cost that does not fit one row is divided among several. */
export function listRows(allocated: readonly Allocated[]): AllocationRow[] {
  const byKey = new Map<string, { key: (string | null)[]; sums: Sums }>();
  for (const one of allocated) {
    const key = describeKey(one);
    const id = JSON.stringify(key);
    byKey.set(id, { key, sums: addSums(byKey.get(id)?.sums ?? NOTHING, one.sums) });
  }
  return [...byKey.values()].flatMap(({ key, sums }) => {
    const [first = null, ...rest] = cutCost(sums.cost);
    return [[...key, ...describeAmounts({ ...sums, cost: first })], ...rest.map((cost) => [...key, ...describeAmounts({ ...NOTHING, cost })])];
  });
}

function describeKey({ plan, team, tag, method, rule, base, share }: Allocated): (string | null)[] {
  const { caller, callerType, dimensions, instance, provider, model, billing } = plan.usage;
  return [
    team, plan.costCenterOf(team), caller, callerType, tag, JSON.stringify(sortEntries(dimensions).map(([k, v]) => ({ k, v }))), instance, provider, model, billing,
    method, rule, base, formatDollars(share),
  ];
}

function describeAmounts({ cost, counts }: Sums): (string | null)[] {
  return [formatDollarsOrNull(cost), ...counts.map(formatDollars)];
}

function cutCost(cost: Nanodollars | null): (Nanodollars | null)[] {
  if (cost === null || (cost <= MOST_COST && cost >= -MOST_COST)) return [cost];
  const most = cost < 0n ? -MOST_COST : MOST_COST;
  return [most, ...cutCost(cost - most)];
}

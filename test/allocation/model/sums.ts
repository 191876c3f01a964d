import { type Nanodollars, type Share, splitByLargestRemainder } from "../../../src/ledger/money.ts";
import { COUNT_COLUMNS } from "../../../src/ledger/usage/usage-columns.ts";

/** Figures that can be split exactly: the parts add up to the whole. */
export interface Sums {
  /** Null where nothing was priced. */
  cost: Nanodollars | null;
  /** In the order of `COUNT_COLUMNS`, in units of 1e-9: half a request is 500,000,000n. */
  counts: readonly bigint[];
}

export const NOTHING: Sums = { cost: null, counts: COUNT_COLUMNS.map(() => 0n) };

export function countOf({ counts }: Sums, name: (typeof COUNT_COLUMNS)[number]): bigint {
  return counts[COUNT_COLUMNS.indexOf(name)] ?? 0n;
}

/** Splits by largest remainder, ties by name; parts are in the order of the shares. */
export function splitSums(sums: Sums, shares: readonly Share[]): Sums[] {
  if (shares.length === 1) return [sums];
  const costs = sums.cost === null ? null : splitByLargestRemainder(sums.cost, shares);
  const counts = sums.counts.map((count) => (count === 0n ? null : splitByLargestRemainder(count, shares)));
  return shares.map((_, part) => ({ cost: costs?.[part] ?? null, counts: counts.map((split) => split?.[part] ?? 0n) }));
}

export function addSums(a: Sums, b: Sums): Sums {
  return { cost: a.cost === null ? b.cost : a.cost + (b.cost ?? 0n), counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0n)) };
}

/** Sums that are updated in place. */
export class RunningSums implements Sums {
  cost: Nanodollars | null = null;
  readonly counts: bigint[] = COUNT_COLUMNS.map(() => 0n);

  add({ cost, counts }: Sums): void {
    if (cost !== null) this.addCost(cost);
    for (const [index, count] of counts.entries()) if (count !== 0n) this.counts[index] = (this.counts[index] ?? 0n) + count;
  }

  addCost(cost: Nanodollars): void {
    this.cost = (this.cost ?? 0n) + cost;
  }
}

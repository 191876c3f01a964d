import { type Nanodollars, roundToCents } from "../../money.ts";

/**
 * Cents of amounts below a total that is printed elsewhere already and may lie a few cents beside their own sum: the
 * amounts are rounded by themselves, and the cents between go to the largest of them, so that they add up to the total.
 */
export function sharePrinted(total: bigint, amounts: readonly Nanodollars[]): bigint[] {
  const rounded = roundToCents(amounts);
  const parts = [...rounded.parts];
  const largest = amounts.map((amount, index) => ({ index, size: amount < 0n ? -amount : amount })).sort(bySize);
  const step = total < rounded.total ? -1n : 1n;
  let left = (total - rounded.total) * step;
  while (left > 0n && largest.length > 0) {
    for (const { index } of largest) {
      if (left === 0n) break;
      parts[index] = (parts[index] ?? 0n) + step;
      left--;
    }
  }
  return parts;
}

function bySize(a: { index: number; size: bigint }, b: { index: number; size: bigint }): number {
  return a.size === b.size ? a.index - b.index : a.size > b.size ? -1 : 1;
}

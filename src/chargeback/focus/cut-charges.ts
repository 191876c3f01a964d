import { splitByLargestRemainder } from "../../ledger/money.ts";
import type { ChargeAmounts } from "./charge.ts";
import { grainOf, listOf } from "./list-cost.ts";

/** The largest list cost that fits into a row, in 1e-24 dollars. */
const MOST_LISTED = 10n ** 38n - 1n;

/** Splits a charge whose list cost does not fit into one row; no real charge is that large. */
export function cutCharge(charge: ChargeAmounts): ChargeAmounts[] {
  const { billed, effective, list, unitPrice, pricingQuantity, consumedQuantity } = charge;
  const size = list < 0n ? -list : list;
  if (size <= MOST_LISTED) return [charge];
  const pieces = Array.from({ length: Number(size / MOST_LISTED) + 2 }, () => ({ name: "", weight: 1n }));
  const split = (amount: bigint | null, grain = 1n): (bigint | null)[] => (amount === null ? pieces.map(() => null) : splitByLargestRemainder(amount / grain, pieces).map((part) => part * grain));
  const priced = split(pricingQuantity, unitPrice === null ? 1n : grainOf(unitPrice));
  const [bills, effects, lists, consumed] = [splitByLargestRemainder(billed, pieces), splitByLargestRemainder(effective, pieces), splitByLargestRemainder(list, pieces), split(consumedQuantity)];
  return pieces.map((_, index) => {
    const quantity = priced[index] ?? null;
    return {
      billed: bills[index] ?? 0n,
      effective: effects[index] ?? 0n,
      unitPrice,
      list: unitPrice === null || quantity === null ? (lists[index] ?? 0n) : listOf(unitPrice, quantity),
      pricingQuantity: quantity,
      consumedQuantity: consumed[index] ?? null,
    };
  });
}

import { splitByLargestRemainder } from "../../ledger/money.ts";
import type { ChargeAmounts } from "./charge.ts";

/** The largest list cost that fits into a row, in units of 1e-30 dollars. */
const MOST_LISTED = 10n ** 38n - 1n;

/** Splits a charge whose list cost does not fit into one row; no real charge is that large. */
export function cutCharge(charge: ChargeAmounts): ChargeAmounts[] {
  const { billed, list, unitPrice, pricingQuantity, consumedQuantity } = charge;
  const size = list < 0n ? -list : list;
  if (size <= MOST_LISTED) return [charge];
  const pieces = Array.from({ length: Number(size / MOST_LISTED) + 2 }, () => ({ name: "", weight: 1n }));
  const split = (amount: bigint | null): (bigint | null)[] => (amount === null ? pieces.map(() => null) : splitByLargestRemainder(amount, pieces));
  const [bills, lists, priced, consumed] = [splitByLargestRemainder(billed, pieces), splitByLargestRemainder(list, pieces), split(pricingQuantity), split(consumedQuantity)];
  return pieces.map((_, index) => {
    const quantity = priced[index] ?? null;
    return {
      billed: bills[index] ?? 0n,
      unitPrice,
      list: unitPrice === null || quantity === null ? (lists[index] ?? 0n) : unitPrice * quantity,
      pricingQuantity: quantity,
      consumedQuantity: consumed[index] ?? null,
    };
  });
}

import { splitByLargestRemainder } from "../../ledger/money.ts";
import type { Charge } from "./charge.ts";

/** The largest list cost that a row has room for, in units of 1e-30 dollars. */
const MOST = 10n ** 38n - 1n;

/** The charge; one that no row can hold, which no true one is, on as many rows as it takes. */
export function cutCharge(charge: Charge): Charge[] {
  const { billed, list, price } = charge;
  const size = list < 0n ? -list : list;
  if (size <= MOST) return [charge];
  const pieces = Array.from({ length: Number(size / MOST) + 2 }, () => ({ name: "", weight: 1n }));
  const [bills, lists] = [splitByLargestRemainder(billed, pieces), splitByLargestRemainder(list, pieces)];
  const consumed = splitByLargestRemainder(price?.consumedQuantity ?? 0n, pieces);
  const priced = splitByLargestRemainder(price?.pricingQuantity ?? 0n, pieces);
  return pieces.map((_, index) => {
    const own = { ...charge, billed: bills[index] ?? 0n };
    if (price === null) return { ...own, list: lists[index] ?? 0n };
    const pricingQuantity = priced[index] ?? 0n;
    return { ...own, list: price.unitPrice * pricingQuantity, price: { ...price, pricingQuantity, consumedQuantity: consumed[index] ?? 0n } };
  });
}

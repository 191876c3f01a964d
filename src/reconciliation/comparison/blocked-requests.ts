import { formatDollars } from "../../ledger/money.ts";
import { agrees, type Cell, costAgrees, countsAgree } from "./compare-bill.ts";
import { splitByAgreement } from "./compare-charges.ts";
import { ONE_FACTOR } from "./price-factor.ts";

/**
 * Requests that the provider blocked: its usage report counts their tokens, but its cost report charges nothing for them. Finding them needs both
 * reports. @param own rows of the same model on all days
 */
export function blockedRequests(cell: Cell, own: readonly Cell[]): string | undefined {
  const { counts, cost } = cell;
  if (cost === null || counts.length === 0) return undefined;
  return countsAgree(cell) ? chargedLess(cell, cost, own) : countedMore(cell);
}

/** The gateway counted neither tokens nor money for them. */
function countedMore(cell: Cell): string | undefined {
  const { counts } = cell;
  const more = counts.reduce((all, { bill, ledger }) => all + bill - ledger, 0n);
  if (!costAgrees(cell) || counts.some(({ bill, ledger }) => bill < ledger)) return undefined;
  return `the bill counts ${String(more)} tokens more than the ledger and charges nothing for them: requests that the provider blocked are counted, not charged`;
}

/**
 * The gateway estimated a cost for them. A different price would give a different factor on all days from some day on; here the price is right on
 * days before and after, and every type is charged as in the ledger or less.
 */
function chargedLess({ date, counts, charges }: Cell, cost: NonNullable<Cell["cost"]>, own: readonly Cell[]): string | undefined {
  if (cost.ledger - cost.bill <= cost.tolerance || counts.every(({ bill }) => bill === 0n)) return undefined;
  const agreeing = own.filter((one) => one.cost !== null && one.cost.bill > 0n && agrees(one)).map((one) => one.date);
  if (!agreeing.some((day) => day < date) || !agreeing.some((day) => day > date)) return undefined;
  if (haveOneFactor(own.filter((one) => countsAgree(one) && !costAgrees(one)))) return undefined;
  if (splitByAgreement(charges).differing.some(({ bill, ledger }) => bill > ledger)) return undefined;
  return `tokens agree, and the bill charges $${formatDollars(cost.ledger - cost.bill)} less than on other days: requests that the provider blocked are counted, not charged`;
}

/** Several days on which the bill is the same fraction of the ledger's cost have a different price. */
function haveOneFactor(cells: readonly Cell[]): boolean {
  const factors = cells.flatMap(({ cost }) => (cost === null || cost.ledger === 0n ? [] : [Number(cost.bill) / Number(cost.ledger)]));
  return factors.length > 1 && Math.max(...factors) - Math.min(...factors) <= ONE_FACTOR * Math.max(...factors);
}

import type { Nanodollars } from "../../ledger/money.ts";
import { type BillLine, type ChargeType, TOKEN_TYPES, type TokenType } from "./bill.ts";
import { foldTypes, type SplitCost } from "./slot-usage.ts";

/** Money for one type of a model on a UTC day. */
export interface Charge {
  type: ChargeType;
  bill: Nanodollars;
  /** Null where the ledger's money cannot be divided like the bill's; it is then only compared for the whole model. */
  ledger: Nanodollars | null;
  /** Amounts that differ by at most this agree. */
  tolerance: Nanodollars;
}

/**
 * Money by type. Types are compared where both sides divide all of the model's money of the day: the bill has no amount for `all` types
 * together, and the ledger has none that no list price splits.
 * @param lines of the model with amounts; `split` the ledger's money by type
 */
export function compareCharges(lines: readonly BillLine[], { split, requests }: { split: SplitCost; requests: bigint }, charged: ReadonlySet<TokenType>): Charge[] {
  const isSplit = charged.size > 0 && split.unsplit === 0n && lines.every(({ type }) => type !== "all");
  const comparable = foldTypes(split, charged);
  const typed = TOKEN_TYPES.flatMap((type): Charge[] => {
    const own = lines.filter((line) => line.type === type);
    // Types that the bill includes in the input are included here too.
    const isFolded = type !== "input" && type !== "output" && type !== "web_search" && !charged.has(type);
    const ledger = isSplit && !isFolded ? comparable[type] : null;
    return own.length === 0 && (ledger ?? 0n) === 0n ? [] : [chargeOf(type, own, ledger, requests)];
  });
  const others = (["all", "other"] as const).flatMap((type): Charge[] => {
    const own = lines.filter((line) => line.type === type);
    return own.length === 0 ? [] : [chargeOf(type, own, null, requests)];
  });
  return [...typed, ...others];
}

function chargeOf(type: ChargeType, lines: readonly BillLine[], ledger: Nanodollars | null, requests: bigint): Charge {
  const bill = lines.reduce((all, { cost }) => all + (cost ?? 0n), 0n);
  // Each request's cost was rounded, and so was each part of it.
  return { type, bill, ledger, tolerance: lines.reduce((all, { rounding }) => all + rounding + 1n, 2n * requests) };
}

/** Among the compared types: those whose money differs, and those whose money agrees. */
export function splitByAgreement(charges: readonly Charge[]): { differing: ToldCharge[]; agreeing: ToldCharge[] } {
  const told = charges.filter(isTold);
  return { differing: told.filter((one) => !chargeAgrees(one)), agreeing: told.filter(chargeAgrees) };
}

export type ToldCharge = Charge & { ledger: Nanodollars };

/** Whether the ledger's side is known. */
export function isTold(charge: Charge): charge is ToldCharge {
  return charge.ledger !== null;
}

export function chargeAgrees({ bill, ledger, tolerance }: ToldCharge): boolean {
  return bill - ledger <= tolerance && ledger - bill <= tolerance;
}

import type { Nanodollars } from "../../ledger/money.ts";
import type { Correction } from "../corrections/correction.ts";
import { boundMonth } from "../../ledger/months.ts";
import { billedOf, type Charge, listOf, type Owner } from "./charge.ts";

/** What a discount or markup changes of an owner's day, or an invoice of its month. */
export function adjustmentCharge(owner: Owner, base: string | null, cost: Nanodollars, day: { from: Date; to: Date }): Charge {
  return {
    ...day,
    owner,
    agent: null,
    category: "Adjustment",
    costSource: "adjustment",
    description: base === null ? owner.rule : `${owner.rule} (${base})`,
    billed: cost,
    list: listOf(cost),
    price: null,
    correction: null,
  };
}

/**
 * What changed of closed months, at the period that was closed. Nothing was priced before or after: no charge.
 * @param ownerOf what of a correction says whose it is.
 */
export function correctionCharges(corrections: readonly Correction[], timezone: string, ownerOf: (correction: Correction) => Owner): Charge[] {
  return corrections.flatMap((correction): Charge[] => {
    const { corrects, was, is, difference, method, reason, cause } = correction;
    if (was === null && is === null) return [];
    const { from, to } = boundMonth(corrects, timezone);
    const owner = ownerOf(correction);
    return [
      {
        from,
        to,
        owner,
        agent: null,
        category: method === "adjustment" ? "Adjustment" : "Usage",
        costSource: "correction",
        description: reason,
        billed: billedOf(owner, difference),
        list: listOf(difference),
        price: null,
        correction: cause,
      },
    ];
  });
}

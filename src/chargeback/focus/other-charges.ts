import type { Nanodollars } from "../../ledger/money.ts";
import type { Correction } from "../corrections/correction.ts";
import { boundMonth } from "../../ledger/months.ts";
import { billedOf, type FocusCharge, listOf, type ChargeOwner } from "./charge.ts";

/** The charge for a discount or markup on an owner's day, or for an invoice on the owner's month. */
export function adjustmentCharge(owner: ChargeOwner, base: string | null, cost: Nanodollars, day: { from: Date; to: Date }): FocusCharge {
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
 * Charges for corrections of closed months, dated in the period they correct. A correction without a price before and after is not charged.
 * @param ownerOf who pays for a correction
 */
export function correctionCharges(corrections: readonly Correction[], timezone: string, ownerOf: (correction: Correction) => ChargeOwner): FocusCharge[] {
  return corrections.flatMap((correction): FocusCharge[] => {
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

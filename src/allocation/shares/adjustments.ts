import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";
import { compileCondition, type Subject } from "./conditions.ts";
import type { AdjustmentInForce } from "../settings/in-force.ts";

export interface Adjustment {
  name: string;
  /** In units of 1/10,000 percent. */
  percent: bigint;
}

/** All of a cost, in the unit of `percent`. */
export const WHOLE = 1_000_000n;

/** Finds the discounts and markups on a team's cost of a usage. List values are not owed, so they are not adjusted. */
export function adjustmentFinder(adjustments: readonly AdjustmentInForce[]): (subject: Subject) => readonly Adjustment[] {
  const compiled = adjustments.map(({ name, percent, when }) => ({
    adjustment: { name, percent: BigInt(Math.round(percent * 10_000)) },
    applies: compileCondition(when),
  }));
  return (subject) => (isOwed(subject.billing) ? compiled.filter(({ applies }) => applies(subject)).map(({ adjustment }) => adjustment) : []);
}

export function isOwed(billing: Billing): boolean {
  return !isListValue(billing);
}

/** The amount of each adjustment, one after the other: a markup after a discount applies to the discounted cost. */
export function adjustCost(cost: Nanodollars, adjustments: readonly Adjustment[]): Nanodollars[] {
  let adjusted = cost;
  return adjustments.map(({ percent }) => {
    const change = divideRounding(adjusted * percent, WHOLE);
    adjusted += change;
    return change;
  });
}

/** `-10 %` */
export function showPercent({ percent }: Adjustment): string {
  return `${String(Number(percent) / 10_000)} %`;
}

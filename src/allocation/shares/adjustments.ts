import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";
import { compileCondition, type Subject } from "./conditions.ts";
import type { AdjustmentInForce } from "../settings/in-force.ts";

export interface Adjustment {
  name: string;
  /** In 1/10,000 of a percent. */
  percent: bigint;
}

const WHOLE = 1_000_000n;

/** Finds the discounts and markups on what a team pays for a usage. Nobody owes us a list value, so there is none on it. */
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

/** What each adjustment changes, one after the other: a markup after a discount is on what the discount left. */
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

import { type Billing, CHARGE, isListValue } from "../../ledger/usage/usage-record.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { TeamRow } from "./read-team.ts";

/** Kinds of money that a team's figures consist of: the values of `billing`, adjustments (discounts, markups, invoices and amounts that charges cover), and charges other than usage. */
export type MoneyKind = Billing | "adjustments" | "charges";

/** Amounts owed come first, then amounts that callers pay themselves. */
export const MONEY_KINDS = ["metered", "self_hosted", "adjustments", "charges", "subscription", "caller_key"] as const satisfies readonly MoneyKind[];

export function kindOfMoney({ method, billing }: Pick<TeamRow, "method" | "billing">): MoneyKind {
  if (billing === CHARGE) return "charges";
  return method === "adjustment" ? "adjustments" : billing;
}

export function isOwedKind(kind: MoneyKind): boolean {
  return kind === "adjustments" || kind === "charges" || !isListValue(kind);
}

export interface ExplainedSums {
  byKind: Record<MoneyKind, Nanodollars>;
  /** Metered and self-hosted cost with adjustments, and charges. */
  owed: Nanodollars;
  listValue: Nanodollars;
  /** In billionths. */
  requests: bigint;
  unpriced: bigint;
}

/** Sums a team's rows of the table `allocations`. */
export function sumExplained(rows: readonly TeamRow[]): ExplainedSums {
  const byKind: Record<MoneyKind, Nanodollars> = { metered: 0n, self_hosted: 0n, adjustments: 0n, charges: 0n, subscription: 0n, caller_key: 0n };
  let [requests, unpriced] = [0n, 0n];
  for (const row of rows) {
    byKind[kindOfMoney(row)] += row.cost_usd ?? 0n;
    requests += row.requests;
    unpriced += row.unpriced_requests;
  }
  return {
    byKind,
    owed: byKind.metered + byKind.self_hosted + byKind.adjustments + byKind.charges,
    listValue: byKind.subscription + byKind.caller_key,
    requests,
    unpriced,
  };
}

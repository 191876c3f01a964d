import type { Nanodollars } from "../../ledger/money.ts";
import { nameUsageKey, type UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Figures } from "../report/figures.ts";

/** Requests of a day that are allocated alike. */
export interface UsageOfDay extends UsageKey {
  /** `YYYY-MM-DD` in the month's time zone. */
  day: string;
}

/** What one team pays of a usage. */
export interface Payer {
  team: string;
  costCenter: string | null;
  /** Of each request, in billionths; the shares of all payers are a whole. */
  share: bigint;
  /** Before adjustments; counts in billionths. */
  figures: Figures;
  /** Null where nothing is adjusted. */
  adjustments: Nanodollars | null;
  /** What discounts and markups make of a cost that the team pays. */
  adjust: (cost: Nanodollars) => Nanodollars;
}

export interface PaidUsage {
  usage: UsageOfDay;
  payers: readonly Payer[];
}

/** By `nameUsage` of the usage. */
export type PaidUsages = ReadonlyMap<string, PaidUsage>;

/** What there is to know of a usage for the sessions that it is part of. */
export interface SharedUsage {
  usage: Pick<UsageOfDay, "caller" | "billing">;
  payers: readonly Pick<Payer, "team" | "costCenter" | "share" | "adjust">[];
}

/** Equal exactly for the same usage. */
export function nameUsage({ day, ...usage }: UsageOfDay): string {
  return JSON.stringify([day, nameUsageKey(usage)]);
}

/** A team may have had several cost centres in a month, and has a row for each in the report. */
export function nameTeam({ team, costCenter }: { team: string; costCenter: string | null }): string {
  return JSON.stringify([team, costCenter]);
}

import type { Nanodollars } from "../../ledger/money.ts";
import { nameUsageKey, type UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Figures } from "../report/usage-figures.ts";

/** Requests of a day that are allocated alike. */
export interface UsageOfDay extends UsageKey {
  /** `YYYY-MM-DD` in the month's time zone. */
  day: string;
}

/** What one team pays for a usage. */
export interface Payer {
  team: string;
  costCenter: string | null;
  /** Share of each request, in billionths. The shares of all payers add up to one. */
  share: bigint;
  /** Before adjustments; counts in billionths. */
  figures: Figures;
  /** Null where nothing is adjusted. */
  adjustments: Nanodollars | null;
  /** Applies the team's discounts and markups to a cost. */
  adjust: (cost: Nanodollars) => Nanodollars;
}

export interface PaidUsage {
  usage: UsageOfDay;
  payers: readonly Payer[];
}

/** By `nameUsage` of the usage. */
export type PaidUsages = ReadonlyMap<string, PaidUsage>;

/** What ranking sessions needs to know about a usage. */
export interface SharedUsage {
  usage: Pick<UsageOfDay, "caller" | "billing">;
  payers: readonly Pick<Payer, "team" | "costCenter" | "share" | "adjust">[];
}

/** A name for a usage; two names are equal exactly if the usages are. */
export function nameUsage({ day, ...usage }: UsageOfDay): string {
  return JSON.stringify([day, nameUsageKey(usage)]);
}

/** A name for a team and cost centre: a team with several cost centres in a month has a row in the report for each. */
export function nameTeam({ team, costCenter }: { team: string; costCenter: string | null }): string {
  return JSON.stringify([team, costCenter]);
}

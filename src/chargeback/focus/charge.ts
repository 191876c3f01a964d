import type { Nanodollars } from "../../ledger/money.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { CorrectionCause } from "../corrections/correction.ts";
import type { Meter } from "./meters.ts";

/** Whose usage of what, as in the `allocations` table. */
export interface Owner extends Omit<UsageKey, "tags"> {
  /** Null where nobody's team pays. */
  team: string | null;
  costCenter: string | null;
  /** Null without tags. */
  tag: string | null;
  method: string;
  rule: string;
}

/** What an owner has of the usage of one key on one day. */
export interface OwnedUsage {
  owner: Owner;
  /** Of the usage, in units of 1e-9. */
  share: bigint;
  cost: Nanodollars;
}

/** One meter of the usage of one key on one day, at one price. */
export interface PricedPart {
  agent: string | null;
  costSource: string;
  meter: Meter;
  /** Null for estimates. */
  priceVersion: string | null;
  /** 1e-18 dollars per million of the meter's unit; of an estimate per dollar. */
  unitPrice: bigint;
  /** Of the meter's unit, whole: tokens, searches, or requests of an estimate. */
  quantity: bigint;
  cost: Nanodollars;
}

/** Quantities of a charge, and the price of one. */
export interface ChargePrice {
  meter: Meter;
  priceVersion: string | null;
  /** 1e-18 dollars. */
  unitPrice: bigint;
  /** In units of 1e-12. */
  pricingQuantity: bigint;
  /** In units of 1e-6. */
  consumedQuantity: bigint;
}

/** One row of the export. */
export interface Charge {
  from: Date;
  to: Date;
  owner: Owner;
  agent: string | null;
  category: "Usage" | "Adjustment";
  costSource: string;
  description: string;
  /** What is owed. */
  billed: Nanodollars;
  /** Dollars in units of 1e-30. */
  list: bigint;
  price: ChargePrice | null;
  correction: CorrectionCause | null;
}

/** What is owed of a cost: nobody owes what callers pay themselves. */
export function billedOf({ billing }: Pick<Owner, "billing">, cost: Nanodollars): Nanodollars {
  return isListValue(billing) ? 0n : cost;
}

/** Nanodollars in the unit of `Charge.list`. */
export function listOf(cost: Nanodollars): bigint {
  return cost * 10n ** 21n;
}

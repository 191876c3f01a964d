import type { Nanodollars } from "../../ledger/money.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { CorrectionCause } from "../corrections/correction.ts";
import type { Meter } from "./meters.ts";

/** Who pays for which usage, as in the `allocations` table. */
export interface ChargeOwner extends Omit<UsageKey, "tags"> {
  /** Null where no team pays. */
  team: string | null;
  costCenter: string | null;
  /** Null without tags. */
  tag: string | null;
  method: string;
  rule: string;
}

/** An owner's share of the usage of one key on one day. */
export interface OwnedUsage {
  owner: ChargeOwner;
  /** Share of the usage, in units of 1e-9. */
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
  /** In 1e-18 dollars per million of the meter's unit; for an estimate per dollar. */
  unitPrice: bigint;
  /** Whole units of the meter: tokens, searches, or requests for an estimate. */
  quantity: bigint;
  cost: Nanodollars;
}

/** The quantities of a charge, and its unit price. */
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
export interface FocusCharge {
  from: Date;
  to: Date;
  owner: ChargeOwner;
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

/** The owed part of a cost: nobody owes what callers pay themselves. */
export function billedOf({ billing }: Pick<ChargeOwner, "billing">, cost: Nanodollars): Nanodollars {
  return isListValue(billing) ? 0n : cost;
}

/** Converts nanodollars to the unit of `FocusCharge.list`. */
export function listOf(cost: Nanodollars): bigint {
  return cost * 10n ** 21n;
}

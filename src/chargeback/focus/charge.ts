import type { Nanodollars } from "../../ledger/money.ts";
import type { CorrectionCause } from "../corrections/correction.ts";
import type { Meter } from "./meters.ts";

/** What charges of many keys and payers have in common. */
export interface FocusKind {
  from: Date;
  to: Date;
  provider: string;
  model: string;
  agent: string | null;
  category: "Usage" | "Adjustment" | "Purchase" | "Credit";
  costSource: string;
  description: string;
  /** Null where nothing is counted. */
  meter: Meter | null;
  /** Null for estimates, and where it would name a model that the charge does not. */
  priceVersion: string | null;
  /** In 1e-18 dollars per million of the meter's unit; for an estimate per dollar. */
  unitPrice: bigint;
  correction: CorrectionCause | null;
  /** What is bought; null for the cost of requests. */
  purchase: Purchase | null;
}

/** A seat, a commitment or another charge other than usage. */
export interface Purchase {
  kind: string;
  isOnce: boolean;
}

/** Amounts of a charge, which may be more than a row can hold. */
export interface ChargeAmounts {
  /** What is owed. */
  billed: Nanodollars;
  /** The amount owed for what was used during the time of the charge. */
  effective: Nanodollars;
  /** In 1e-18 dollars; null where `list` is not a product. */
  unitPrice: bigint | null;
  /** In 1e-24 dollars. */
  list: bigint;
  /** In units of 1e-12; null where nothing is counted. */
  pricingQuantity: bigint | null;
  /** In units of 1e-6; null where nothing is counted. */
  consumedQuantity: bigint | null;
}

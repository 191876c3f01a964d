import type { Nanodollars } from "../money.ts";
import type { Terms } from "./terms.ts";
import type { TokenCounts } from "./token-counts.ts";
import type { ToolCalls } from "./tool-calls.ts";

export const CALLER_TYPES = ["user", "tag", "unknown"] as const;
export type CallerType = (typeof CALLER_TYPES)[number];
type CostSource = "aperture" | "price_list" | "none";
/** In the order of reports: what is owed first. */
export const BILLINGS = ["metered", "subscription", "caller_key", "self_hosted"] as const;
/**
 * `subscription`: the caller's own plan pays. `caller_key`: the account of the caller's own API key pays. For both the cost is
 * a list value. `self_hosted`: runs on our own machines.
 */
export type Billing = (typeof BILLINGS)[number];

/** What callers pay themselves: nobody owes it to us, and no provider bills us. */
export const LIST_VALUES = ["subscription", "caller_key"] as const satisfies readonly Billing[];
export type ListValueBilling = (typeof LIST_VALUES)[number];

export function isListValue(billing: KindOfMoney): billing is ListValueBilling {
  return LIST_VALUES.some((one) => one === billing);
}

/** The value of `billing` in `allocations` for charges other than usage, such as seats and commitments. They are owed. */
export const CHARGE = "charge";
/** Kinds of money in `allocations`, in corrections and in FOCUS rows. */
export const KINDS_OF_MONEY = [...BILLINGS, CHARGE] as const;
export type KindOfMoney = (typeof KINDS_OF_MONEY)[number];

/** One value for each kind of billing. */
export function mapBillings<Value>(valueOf: (billing: Billing) => Value): Record<Billing, Value> {
  return { metered: valueOf("metered"), subscription: valueOf("subscription"), caller_key: valueOf("caller_key"), self_hosted: valueOf("self_hosted") };
}

/** SQL of the condition that a row's cost is a list value. */
export const IS_LIST_VALUE = `billing IN (${LIST_VALUES.map((billing) => `'${billing}'`).join(", ")})`;

/** One request, normalised: a row of the `usage` table (design, section 3). */
export interface UsageRecord {
  /** Microseconds since 1970 UTC: below 2^53 until the year 2255. */
  ts: number;
  instance: string;
  /** Fits a signed 64-bit integer. */
  recordId: bigint | null;
  captureId: string | null;
  sessionId: string | null;
  nodeId: string | null;
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
  agent: string | null;
  userAgent: string | null;
  provider: string;
  model: string;
  modelRecorded: string;
  apiType: string | null;
  path: string | null;
  /** 0 where the gateway recorded none. */
  statusCode: number;
  durationMs: number | null;
  tokens: TokenCounts;
  /** Counts with unknown names: no price covers them. Only landing files have them. */
  unknownCounts: ReadonlyMap<string, number>;
  cost: Nanodollars | null;
  costSource: CostSource;
  costBasis: string | null;
  priceVersion: string | null;
  billing: Billing;
  /** Whether `billing` is a default: no credential was visible, and no rule says who pays. Only landing files have it. */
  billingAssumed: boolean;
  toolCalls: number;
  /** Only landing files have them; the table `tools` is made of them. */
  tools: readonly ToolCalls[];
  /** Sorted by name; names are configured, values come from request headers. */
  dimensions: Readonly<Record<string, string>>;
  partial: boolean;
  /** Last part of the export object's key. */
  export: string;
  terms: Terms;
}

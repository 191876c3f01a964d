import { FOCUS_COLUMNS, type FocusColumnName } from "./focus-columns.ts";
import type { FocusKind, Purchase } from "./charge.ts";
import { SPLIT_COLUMNS } from "./split-columns.ts";
import { METERS } from "./meters.ts";
import { sortEntries } from "../../ledger/usage/usage-key.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** Prefix of our tags: FOCUS requires one for tags that a provider defines. */
const TAG_PREFIX = "aperture-ledger/";

/** Columns that depend on the key of the usage only, as SQL of the columns of a table of keys; `x_Dimensions` is a text there. */
export const KEY_COLUMNS = {
  BillingAccountId: "instance",
  BillingAccountName: "instance",
  HostProviderName: "provider",
  InvoiceDetailId: "invoice_detail_id",
  InvoiceId: "invoice_id",
  InvoiceIssuerName: "provider",
  ProviderName: "provider",
  PublisherName: "provider",
  ServiceName: "provider",
  ServiceProviderName: "provider",
  x_Billing: "billing",
  x_Caller: "caller",
  x_CallerType: "caller_type",
  x_Dimensions: "dimensions_text",
  x_Instance: "instance",
  x_Model: "model",
} as const satisfies Partial<Record<FocusColumnName, string>>;

/** Columns that depend on who pays only, as SQL of the columns of a table of payers. */
export const PAYER_COLUMNS = {
  SubAccountId: "team",
  SubAccountName: "team",
  x_CostCenter: "cost_center",
  x_Method: "method",
  x_Rule: "rule",
  x_Tag: "tag",
} as const satisfies Partial<Record<FocusColumnName, string>>;

/** Columns of each charge of its own. Three of them have the same value. */
const CHARGE_COLUMNS = ["BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity", "ConsumedQuantity"] as const satisfies readonly FocusColumnName[];

type ElsewhereColumn = keyof typeof KEY_COLUMNS | keyof typeof PAYER_COLUMNS | (typeof CHARGE_COLUMNS)[number] | keyof typeof SPLIT_COLUMNS | "Tags";
type KindColumn = Exclude<FocusColumnName, ElsewhereColumn>;

const ELSEWHERE: ReadonlySet<string> = new Set([...Object.keys(KEY_COLUMNS), ...Object.keys(PAYER_COLUMNS), ...CHARGE_COLUMNS, ...Object.keys(SPLIT_COLUMNS), "Tags"]);
/** The other columns: those in which the charges of many keys and payers agree. */
export const KIND_COLUMNS = FOCUS_COLUMNS.filter(({ name }) => !ELSEWHERE.has(name));

/** Values that every row of a month shares. */
export interface FocusPeriod {
  from: Date;
  to: Date;
}

/** Values as text, by column; those without a value are left out. */
export function columnsOfKind({ from, to, provider, model, agent, category, costSource, description, meter, priceVersion, unitPrice, correction, purchase }: FocusKind, period: FocusPeriod): Partial<Record<KindColumn, string | null>> {
  return {
    BillingCurrency: "USD",
    BillingPeriodEnd: period.to.toISOString(),
    BillingPeriodStart: period.from.toISOString(),
    ChargeCategory: category,
    ChargeClass: correction === null ? null : "Correction",
    ChargeDescription: description,
    ChargeFrequency: purchase === null ? "Usage-Based" : purchase.isOnce ? "One-Time" : "Recurring",
    ChargePeriodEnd: to.toISOString(),
    ChargePeriodStart: from.toISOString(),
    ServiceCategory: "AI and Machine Learning",
    ServiceSubcategory: "Generative AI",
    ...(meter === null ? {} : columnsOfPrice({ provider, model, meter, priceVersion, unitPrice })),
    ...(purchase === null || category === "Credit" || correction !== null ? {} : columnsOfPurchase({ provider, model, category, unitPrice }, purchase)),
    x_Agent: agent,
    x_CorrectionCause: correction,
    x_CostSource: costSource,
  };
}

type KindPrice = Pick<FocusKind, "provider" | "model" | "priceVersion" | "unitPrice"> & { meter: keyof typeof METERS };

function columnsOfPrice({ provider, model, meter, priceVersion, unitPrice }: KindPrice): Partial<Record<KindColumn, string | null>> {
  const { name, unit } = METERS[meter];
  const sku = `${provider}/${model}/${meter}`;
  return {
    ConsumedUnit: unit,
    ListUnitPrice: showPrice(unitPrice),
    PricingCategory: "Standard",
    PricingUnit: meter === "estimate" ? "Dollars" : `1000000 ${unit}`,
    SkuId: sku,
    SkuMeter: name,
    SkuPriceDetails: JSON.stringify({ x_Model: model, x_Meter: meter, ...(priceVersion === null ? {} : { x_PriceVersion: priceVersion }) }),
    SkuPriceId: `${sku} ${priceVersion ?? (meter === "estimate" ? "as estimated" : `at ${showPrice(unitPrice)}`)}`,
  };
}

/** A purchase is a quantity of dollars at a price of $1. The use of a purchase is already paid for and has no price. */
function columnsOfPurchase({ provider, model, category, unitPrice }: Pick<FocusKind, "provider" | "model" | "category" | "unitPrice">, { kind }: Purchase): Partial<Record<KindColumn, string | null>> {
  const sku = `${provider}/${model}`;
  return {
    ...(category === "Usage" ? { ConsumedUnit: "Charges" } : {}),
    ListUnitPrice: showPrice(unitPrice),
    PricingCategory: "Standard",
    PricingUnit: "Dollars",
    SkuId: sku,
    SkuMeter: kind,
    SkuPriceDetails: JSON.stringify({ x_Charge: model, x_Kind: kind }),
    SkuPriceId: `${sku} ${category === "Usage" ? "as used" : "as charged"}`,
  };
}

/** The dimensions as a JSON object; null without any. */
export function showDimensions({ dimensions }: Pick<UsageKey, "dimensions">): string | null {
  const entries = sortEntries(dimensions);
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

/** The members of `Tags` that the dimensions are, without braces. */
export function tagsOfDimensions({ dimensions }: Pick<UsageKey, "dimensions">): string {
  return showTags(sortEntries(dimensions).map(([name, value]) => [`dimension/${name}`, value]));
}

/** The members of `Tags` that say who pays, without braces. */
export function tagsOfPayer({ team, costCenter, tag }: { team: string | null; costCenter: string | null; tag: string | null }): string {
  return showTags(Object.entries({ team, cost_center: costCenter, tag }).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function showTags(tags: readonly (readonly [string, string])[]): string {
  return tags.map(([name, value]) => `${JSON.stringify(`${TAG_PREFIX}${name}`)}:${JSON.stringify(value)}`).join(",");
}

/** 1e-18 dollars as dollars. */
function showPrice(price: bigint): string {
  const digits = price.toString().padStart(19, "0");
  return `${digits.slice(0, -18)}.${digits.slice(-18)}`;
}

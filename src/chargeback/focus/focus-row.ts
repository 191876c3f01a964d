import { sortEntries } from "../../ledger/usage/usage-key.ts";
import type { FocusCharge, ChargePrice, ChargeOwner } from "./charge.ts";
import type { FocusColumnName } from "./focus-columns.ts";
import { METERS } from "./meters.ts";

/** Values as text, by column. */
type Values<Column extends FocusColumnName> = Readonly<Record<Column, string | null>>;

/** Columns that depend on the owner only. */
export const OWNER_COLUMNS = [
  "BillingAccountId", "BillingAccountName", "InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceName", "SubAccountId", "SubAccountName", "Tags",
  "x_Billing", "x_Caller", "x_CallerType", "x_CostCenter", "x_Dimensions", "x_Instance", "x_Method", "x_Model", "x_Rule", "x_Tag",
] as const satisfies readonly FocusColumnName[];

/** Columns of each charge of its own. */
export const CHARGE_COLUMNS = ["BilledCost", "ConsumedQuantity", "ListCost", "PricingQuantity"] as const satisfies readonly FocusColumnName[];

/** Columns, each with the column whose value it has too. */
export const COPIED_COLUMNS = { ContractedCost: "BilledCost", EffectiveCost: "BilledCost" } as const satisfies Partial<Record<FocusColumnName, FocusColumnName>>;

type OwnerColumn = (typeof OWNER_COLUMNS)[number];
type ChargeColumn = (typeof CHARGE_COLUMNS)[number];
type KindColumn = Exclude<FocusColumnName, OwnerColumn | ChargeColumn | keyof typeof COPIED_COLUMNS>;

/** Prefix of our tags: FOCUS requires one for tags that a provider defines. */
const TAG_PREFIX = "aperture-ledger/";

/** Values that every row of a month shares. */
export interface FocusPeriod {
  from: Date;
  to: Date;
}

export function columnsOfOwner(owner: ChargeOwner): Values<OwnerColumn> {
  return {
    BillingAccountId: owner.instance,
    BillingAccountName: owner.instance,
    InvoiceIssuerName: owner.provider,
    ProviderName: owner.provider,
    PublisherName: owner.provider,
    ServiceName: owner.provider,
    SubAccountId: owner.team,
    SubAccountName: owner.team,
    Tags: tagsOf(owner),
    x_Billing: owner.billing,
    x_Caller: owner.caller,
    x_CallerType: owner.callerType,
    x_CostCenter: owner.costCenter,
    x_Dimensions: dimensionsOf(owner),
    x_Instance: owner.instance,
    x_Method: owner.method,
    x_Model: owner.model,
    x_Rule: owner.rule,
    x_Tag: owner.tag,
  };
}

/** Columns in which the charges of many owners agree; those without a value are left out. */
export function columnsOfKind({ from, to, owner, agent, category, costSource, description, price, correction }: FocusCharge, period: FocusPeriod): Partial<Values<KindColumn>> {
  return {
    BillingCurrency: "USD",
    BillingPeriodEnd: period.to.toISOString(),
    BillingPeriodStart: period.from.toISOString(),
    ChargeCategory: category,
    ChargeClass: correction === null ? null : "Correction",
    ChargeDescription: description,
    ChargeFrequency: "Usage-Based",
    ChargePeriodEnd: to.toISOString(),
    ChargePeriodStart: from.toISOString(),
    ServiceCategory: "AI and Machine Learning",
    ServiceSubcategory: "Generative AI",
    ...(price === null ? {} : columnsOfPrice(owner, price)),
    x_Agent: agent,
    x_CorrectionCause: correction,
    x_CostSource: costSource,
  };
}

function columnsOfPrice({ provider, model }: ChargeOwner, { meter, priceVersion, unitPrice }: ChargePrice): Partial<Values<KindColumn>> {
  const { name, unit } = METERS[meter];
  const sku = `${provider}/${model}/${meter}`;
  return {
    ConsumedUnit: unit,
    ListUnitPrice: decimal(unitPrice, 18),
    PricingCategory: "Standard",
    PricingUnit: meter === "estimate" ? "Dollars" : `1000000 ${unit}`,
    SkuId: sku,
    SkuMeter: name,
    SkuPriceDetails: JSON.stringify({ x_Model: model, x_Meter: meter, ...(priceVersion === null ? {} : { x_PriceVersion: priceVersion }) }),
    SkuPriceId: `${sku} ${priceVersion ?? "as estimated"}`,
  };
}

export function columnsOfCharge({ billed, list, price }: FocusCharge): Values<ChargeColumn> {
  return {
    BilledCost: decimal(billed, 9),
    ConsumedQuantity: price && decimal(price.consumedQuantity, 6),
    ListCost: decimal(list, 30),
    PricingQuantity: price && decimal(price.pricingQuantity, 12),
  };
}

function tagsOf(owner: ChargeOwner): string {
  const own = { team: owner.team, cost_center: owner.costCenter, tag: owner.tag };
  const named = [
    ...Object.entries(own).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    ...sortedDimensions(owner).map(([name, value]) => [`dimension/${name}`, value] as const),
  ];
  return JSON.stringify(Object.fromEntries(named.map(([name, value]) => [`${TAG_PREFIX}${name}`, value])));
}

function dimensionsOf(owner: ChargeOwner): string | null {
  const dimensions = sortedDimensions(owner);
  return dimensions.length === 0 ? null : JSON.stringify(Object.fromEntries(dimensions));
}

function sortedDimensions({ dimensions }: ChargeOwner): [string, string][] {
  return sortEntries(dimensions);
}

/** `decimal(1500n, 3)` is `1.500`. */
function decimal(amount: bigint, places: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(places + 1, "0");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

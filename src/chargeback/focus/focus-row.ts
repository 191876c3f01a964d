import { sortEntries } from "../../ledger/usage/usage-key.ts";
import type { FocusCharge, ChargePrice, ChargeOwner } from "./charge.ts";
import { METERS } from "./meters.ts";

/** A row's values as text, by column. Columns without a value are null. */
type FocusRow = Readonly<Record<string, string | null>>;

/** Prefix of our tags: FOCUS requires one for tags that a provider defines. */
const TAG_PREFIX = "aperture-ledger/";

/** Values that every row of a month shares. */
export interface FocusPeriod {
  from: Date;
  to: Date;
}

/** Columns that depend on the owner only. */
export function columnsOfOwner(owner: ChargeOwner): FocusRow {
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

/** Columns in which the charges of many owners agree. */
export function columnsOfKind({ from, to, owner, agent, category, costSource, description, price, correction }: FocusCharge, period: FocusPeriod): FocusRow {
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

function columnsOfPrice({ provider, model }: ChargeOwner, { meter, priceVersion, unitPrice }: ChargePrice): FocusRow {
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

/** Columns of each charge of its own. The cost stands for `ContractedCost` and `EffectiveCost` too. */
export function columnsOfCharge({ billed, list, price }: FocusCharge): FocusRow {
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

import { type FocusVersion, isFrom } from "./focus-settings.ts";

/** Types of the Parquet file. */
type FocusType = "VARCHAR" | "TIMESTAMPTZ" | "DECIMAL(38,9)" | "DECIMAL(38,6)" | "DECIMAL(38,12)" | "DECIMAL(38,18)" | "DECIMAL(38,24)";

export interface FocusColumn {
  name: string;
  type: FocusType;
  /** The first version in which we write it; undefined: all versions. */
  from?: FocusVersion;
  /** The first version without it. */
  until?: FocusVersion;
}

function text<const Name extends string>(name: Name, versions: Pick<FocusColumn, "from" | "until"> = {}): { name: Name; type: "VARCHAR" } & Pick<FocusColumn, "from" | "until"> {
  return { name, type: "VARCHAR", ...versions };
}

/** The columns of all versions of FOCUS by name, then our own. */
export const FOCUS_COLUMNS = [
  text("AllocatedMethodDetails", { from: "1.3" }),
  text("AllocatedMethodId", { from: "1.3" }),
  text("AllocatedResourceId", { from: "1.3" }),
  text("AllocatedResourceName", { from: "1.3" }),
  text("AllocatedTags", { from: "1.3" }),
  { name: "BilledCost", type: "DECIMAL(38,9)" },
  text("BillingAccountId"),
  text("BillingAccountName"),
  text("BillingCurrency"),
  { name: "BillingPeriodEnd", type: "TIMESTAMPTZ" },
  { name: "BillingPeriodStart", type: "TIMESTAMPTZ" },
  text("ChargeCategory"),
  text("ChargeClass"),
  text("ChargeDescription"),
  text("ChargeFrequency"),
  { name: "ChargePeriodEnd", type: "TIMESTAMPTZ" },
  { name: "ChargePeriodStart", type: "TIMESTAMPTZ" },
  { name: "ConsumedQuantity", type: "DECIMAL(38,6)" },
  text("ConsumedUnit"),
  { name: "ContractedCost", type: "DECIMAL(38,9)" },
  { name: "EffectiveCost", type: "DECIMAL(38,9)" },
  text("HostProviderName", { from: "1.3" }),
  text("InvoiceDetailId", { from: "1.4" }),
  text("InvoiceId"),
  text("InvoiceIssuerName"),
  { name: "ListCost", type: "DECIMAL(38,24)" },
  { name: "ListUnitPrice", type: "DECIMAL(38,18)" },
  text("PricingCategory"),
  { name: "PricingQuantity", type: "DECIMAL(38,12)" },
  text("PricingUnit"),
  text("ProviderName", { until: "1.4" }),
  text("PublisherName", { until: "1.4" }),
  text("ServiceCategory"),
  text("ServiceName"),
  text("ServiceProviderName", { from: "1.3" }),
  text("ServiceSubcategory"),
  text("SkuId"),
  text("SkuMeter"),
  text("SkuPriceDetails"),
  text("SkuPriceId"),
  text("SubAccountId"),
  text("SubAccountName"),
  text("Tags"),
  text("x_Agent"),
  text("x_Billing"),
  text("x_Caller"),
  text("x_CallerType"),
  text("x_CorrectionCause"),
  text("x_CostCenter"),
  text("x_CostSource"),
  text("x_Dimensions"),
  text("x_Instance"),
  text("x_Method"),
  text("x_Model"),
  text("x_Rule"),
  text("x_Tag"),
] as const satisfies readonly FocusColumn[];

export type FocusColumnName = (typeof FOCUS_COLUMNS)[number]["name"];

/** The columns of a version, in order. */
export function columnsOfVersion(version: FocusVersion): FocusColumn[] {
  return FOCUS_COLUMNS.filter(({ from, until }: FocusColumn) => (from === undefined || isFrom(version, from)) && (until === undefined || !isFrom(version, until)));
}

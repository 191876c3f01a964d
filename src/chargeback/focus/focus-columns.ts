/** Types of the Parquet file. */
type FocusType = "VARCHAR" | "TIMESTAMPTZ" | "DECIMAL(38,9)" | "DECIMAL(38,6)" | "DECIMAL(38,12)" | "DECIMAL(38,18)" | "DECIMAL(38,30)";

export interface FocusColumn {
  name: string;
  type: FocusType;
}

function text(name: string): FocusColumn {
  return { name, type: "VARCHAR" };
}

/** The columns of FOCUS 1.2 by name, then our own. */
export const FOCUS_COLUMNS = [
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
  text("InvoiceId"),
  text("InvoiceIssuerName"),
  { name: "ListCost", type: "DECIMAL(38,30)" },
  { name: "ListUnitPrice", type: "DECIMAL(38,18)" },
  text("PricingCategory"),
  { name: "PricingQuantity", type: "DECIMAL(38,12)" },
  text("PricingUnit"),
  text("ProviderName"),
  text("PublisherName"),
  text("ServiceCategory"),
  text("ServiceName"),
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

/** The columns that are read from a FOCUS file. `names` are in order of preference, since some columns have different names in versions 1.0 to 1.4. */
export interface FocusSource {
  names: readonly string[];
  isRequired?: true;
}

/** Text columns that say what a line is for. */
export const FOCUS_TEXTS = {
  issuer: { names: ["InvoiceIssuerName"] },
  /** 1.3 added `ServiceProviderName`, and 1.4 removed `ProviderName`. */
  provider: { names: ["ServiceProviderName", "ProviderName"] },
  service: { names: ["ServiceName"] },
  category: { names: ["ServiceCategory"] },
  charge: { names: ["ChargeCategory"], isRequired: true },
  sku: { names: ["SkuId"] },
  /** 1.1 and later. */
  meter: { names: ["SkuMeter"] },
  details: { names: ["SkuPriceDetails"] },
  description: { names: ["ChargeDescription"] },
  unit: { names: ["ConsumedUnit"] },
  currency: { names: ["BillingCurrency"], isRequired: true },
  account: { names: ["SubAccountId"] },
  /** Vendors' own columns, which begin with `x_` in FOCUS. */
  model: { names: ["x_Model", "x_ModelName", "x_ModelId", "x_model_name", "x_model_id"] },
  tokenType: { names: ["x_TokenType", "x_token_type"] },
  usageType: { names: ["x_UsageType", "x_SkuMeterName", "x_SkuDescription", "x_MeterName", "x_usage_type"] },
} as const satisfies Record<string, FocusSource>;

export const FOCUS_AMOUNTS = {
  billed: { names: ["BilledCost"], isRequired: true },
  effective: { names: ["EffectiveCost"] },
  quantity: { names: ["ConsumedQuantity"] },
} as const satisfies Record<string, FocusSource>;

export const FOCUS_TIMES = {
  start: { names: ["ChargePeriodStart"], isRequired: true },
  end: { names: ["ChargePeriodEnd"], isRequired: true },
} as const satisfies Record<string, FocusSource>;

export type FocusText = keyof typeof FOCUS_TEXTS;
export const FOCUS_TEXT_NAMES = ["issuer", "provider", "service", "category", "charge", "sku", "meter", "details", "description", "unit", "currency", "account", "model", "tokenType", "usageType"] as const satisfies readonly FocusText[];

/** The columns that every version has. No other kind of bill has all of them. */
export const FOCUS_MARKS: readonly string[] = Object.values({ ...FOCUS_TEXTS, ...FOCUS_AMOUNTS, ...FOCUS_TIMES }).flatMap((source: FocusSource) => (source.isRequired ? source.names : []));

/** The name of a column as the file spells it; undefined where the file does not have it. */
export function columnOf({ names }: FocusSource, columns: readonly string[]): string | undefined {
  return names.map((name) => columns.find((column) => column.toLowerCase() === name.toLowerCase())).find((column) => column !== undefined);
}

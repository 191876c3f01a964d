import type { Corrected } from "./check-focus.ts";

/** What a gateway's ledger has; the others are clouds' business. */
export const SUPPORTED = [
  "ACCOUNT_NAMING_SUPPORTED",
  "PUBLIC_PRICE_LIST_SUPPORTED",
  "USAGE_MEASUREMENT_SUPPORTED",
  "UNIT_PRICING_SUPPORTED",
  "SUB_ACCOUNT_SUPPORTED",
  "TAGGING_SUPPORTED",
] as const;

const isNull = (ColumnName: string) => ({ CheckFunction: "CheckValue", ColumnName, Value: null });
const isNotNull = (ColumnName: string) => ({ CheckFunction: "CheckNotValue", ColumnName, Value: null });
const is = (ColumnName: string, Value: string) => ({ CheckFunction: "CheckValue", ColumnName, Value });
const oneOf = (ColumnName: string, values: readonly string[]) => ({ CheckFunction: "OR", Items: values.map((value) => is(ColumnName, value)) });

/** Rules whose check is not what their text says: the text holds. */
export const CORRECTED: Corrected = new Map([
  // "MUST NOT be null when ChargeClass is not Correction"; checked is: when it is Correction.
  ["ConsumedQuantity-C-006-C", { condition: { CheckFunction: "CheckNotValue", ColumnName: "ChargeClass", Value: "Correction" } }],
  // "MUST be null when CommitmentDiscountId is null"; checked is: not null.
  ["CommitmentDiscountStatus-C-003-C", { requirement: isNull("CommitmentDiscountStatus") }],
  // "MUST NOT be null when CommitmentDiscountId is not null and Charge Category is Usage"; checked is: when the id is null.
  ["CommitmentDiscountStatus-C-004-C", { condition: { CheckFunction: "AND", Items: [isNotNull("CommitmentDiscountId"), is("ChargeCategory", "Usage")] } }],
  // The allowed values are Used and Unused; checked are Active, Expired, Pending.
  ["CommitmentDiscountStatus-C-005-M", { requirement: oneOf("CommitmentDiscountStatus", ["Used", "Unused"]), condition: isNotNull("CommitmentDiscountStatus") }],
  // "MUST be null in all other cases": where -004-C does not ask for it.
  [
    "CommitmentDiscountQuantity-C-007-C",
    {
      condition: {
        CheckFunction: "OR",
        Items: [
          isNull("CommitmentDiscountId"),
          { CheckFunction: "AND", Items: ["Usage", "Purchase"].map((Value) => ({ CheckFunction: "CheckNotValue", ColumnName: "ChargeCategory", Value })) },
        ],
      },
    },
  ],
  // "PricingCurrencyEffectiveCost MUST be a valid decimal value"; checked is that the list price is not negative.
  ["PricingCurrencyEffectiveCost-C-004-M", { requirement: { CheckFunction: "CheckDecimalValue", ColumnName: "PricingCurrencyEffectiveCost" } }],
]);

/**
 * "InvoiceId MUST NOT be null when the charge is associated with an invoice" is checked without its condition, as its
 * opposite -004-C is: one of both is violated by every export. Nobody issues an invoice here, so no charge has one.
 */
export const CONTRADICTED = ["InvoiceId-C-005-C"];

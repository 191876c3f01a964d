import { expect, test } from "vitest";
import { FocusChecker } from "./check-focus.ts";
import { CORRECTED, SUPPORTED } from "./deviations.ts";
import type { FocusData } from "./focus-data.ts";
import { type Check, describeWithModel } from "./focus-model.ts";
import type { Row } from "./row-checks.ts";

const GOOD: Row = {
  BilledCost: "1.5",
  ListCost: "0.000003",
  ListUnitPrice: "3.0",
  PricingQuantity: "0.000001",
  PricingUnit: "1000000 Tokens",
  BillingCurrency: "USD",
  ChargeCategory: "Usage",
  ChargeClass: null,
  ChargePeriodStart: "2026-10-05T00:00:00Z",
  ProviderName: "anthropic",
  InvoiceIssuerName: "anthropic",
  SkuId: "a",
  SkuPriceId: "a 1",
  Tags: '{"aperture-ledger/team":"web: \\"x\\": {y}","aperture-ledger/big":true}',
};
const TYPES = new Map(Object.keys(GOOD).map((name) => [name, /Cost|Price$|Quantity/.test(name) ? "DECIMAL(38,9)" : name === "ChargePeriodStart" ? "TIMESTAMP" : "VARCHAR"]));

/** What it is asked, and what makes it say no: other values of a row that is there beside the good one, or other types. */
type Case = [name: string, args: Omit<Check, "CheckFunction">, row: Partial<Row>, types?: Record<string, string | null>];

const isUsage = { CheckFunction: "CheckValue", ColumnName: "ChargeCategory", Value: "Usage" };
const isCredit = { ...isUsage, Value: "Credit" };

const CASES: readonly Case[] = [
  ["AND", { Items: [isUsage, { CheckFunction: "CheckNotValue", ColumnName: "BilledCost", Value: null }] }, { BilledCost: null }],
  ["OR", { Items: [isUsage, isCredit] }, { ChargeCategory: "Gift" }],
  ["OR", { Items: [{ CheckFunction: "ColumnPresent", ColumnName: "Tags" }, isCredit] }, {}, { Tags: null }],
  ["ColumnPresent", { ColumnName: "Tags" }, {}, { Tags: null }],
  ["CheckDistinctCount", { ColumnAName: "SkuPriceId", ColumnBName: "SkuId", ExpectedCount: 1 }, { SkuId: "b" }],
  ["FormatKeyValue", { ColumnName: "Tags" }, { Tags: '{"a":1,"a":2}' }],
  ["FormatKeyValue", { ColumnName: "Tags" }, { Tags: '{"a":{"b":1}}' }],
  ["FormatKeyValue", { ColumnName: "Tags" }, { Tags: '["a"]' }],
  ["FormatKeyValue", { ColumnName: "Tags" }, { Tags: "team=web" }],
  ["CheckValue", { ColumnName: "ChargeCategory", Value: "Usage" }, { ChargeCategory: "usage" }],
  ["CheckValue", { ColumnName: "ChargeClass", Value: null }, { ChargeClass: "" }],
  ["CheckValue", { ColumnName: "BilledCost", Value: 1.5 }, { BilledCost: "1.51" }],
  ["CheckNotValue", { ColumnName: "ChargeCategory", Value: null }, { ChargeCategory: null }],
  ["CheckNotSameValue", { ColumnAName: "SkuId", ColumnBName: "SkuPriceId" }, { SkuPriceId: "a" }],
  ["CheckSameValue", { ColumnAName: "ProviderName", ColumnBName: "InvoiceIssuerName" }, { InvoiceIssuerName: "openai" }],
  ["CheckDecimalValue", { ColumnName: "BilledCost" }, { BilledCost: "1,5" }],
  ["CheckGreaterOrEqualThanValue", { ColumnName: "ListUnitPrice", Value: 0 }, { ListUnitPrice: "-0.000000001" }],
  ["CheckModelRule", { ModelRuleId: "BilledCost-C-003-M" }, { BilledCost: null }],
  ["CheckNationalCurrency", { ColumnName: "BillingCurrency" }, { BillingCurrency: "TOK" }],
  ["TypeDecimal", { ColumnName: "BilledCost" }, {}, { BilledCost: "VARCHAR" }],
  ["TypeString", { ColumnName: "SkuId" }, {}, { SkuId: "BIGINT" }],
  ["TypeDateTime", { ColumnName: "ChargePeriodStart" }, {}, { ChargePeriodStart: "DATE" }],
  ["FormatDateTime", { ColumnName: "ChargePeriodStart" }, { ChargePeriodStart: "2026-10-05 00:00:00+00" }],
  ["FormatNumeric", { ColumnName: "BilledCost" }, { BilledCost: "$1.50" }],
  ["FormatString", { ColumnName: "SkuId" }, { SkuId: " " }],
  ["FormatUnit", { ColumnName: "PricingUnit" }, { PricingUnit: "per 1.5 tokens" }],
  ["FormatCurrency", { ColumnName: "BillingCurrency" }, { BillingCurrency: "US$" }],
  ["ColumnByColumnEqualsColumnValue", { ColumnAName: "ListUnitPrice", ColumnBName: "PricingQuantity", ResultColumnName: "ListCost" }, { ListCost: "0.0000031" }],
];

describeWithModel("the interpreter of the FOCUS rules", (model) => {
  const checkerOf = (data: FocusData): FocusChecker => new FocusChecker(data, model, SUPPORTED, CORRECTED);

  test.each(CASES)("%s finds a violation (%o, %o)", (CheckFunction, args, row, types = {}) => {
    const check = { CheckFunction, ...args } as Check;
    expect(checkerOf({ types: TYPES, rows: [GOOD] }).holds(check)).toBe(true);
    const changed = Object.entries({ ...Object.fromEntries(TYPES), ...types }).flatMap(([name, type]): [string, string][] => (type === null ? [] : [[name, type]]));
    expect(checkerOf({ types: new Map(changed), rows: [GOOD, { ...GOOD, ...row } as Row] }).holds(check)).toBe(false);
  });

  test("there is such a violation for each of the check functions", () => {
    expect([...new Set(CASES.map(([name]) => name))].toSorted()).toEqual([...model.functions].toSorted());
  });

  test("a function that it does not know is an error", () => {
    expect(() => checkerOf({ types: TYPES, rows: [GOOD] }).holds({ CheckFunction: "CheckWeather", ColumnName: "SkuId" })).toThrow("CheckWeather");
  });

  test("a composite rule fails with what it is made of, and a condition leaves rows out", () => {
    const broken = checkerOf({ types: TYPES, rows: [GOOD, { ...GOOD, BilledCost: null }] });
    expect(broken.judge("BilledCost-C-000-M")).toMatchObject({ is: "failed" });
    const noPrice = { ...GOOD, ListUnitPrice: null };
    expect(checkerOf({ types: TYPES, rows: [noPrice] }).judge("ListUnitPrice-C-005-C")).toMatchObject({ is: "failed" });
    expect(checkerOf({ types: TYPES, rows: [{ ...noPrice, ChargeClass: "Correction" }] }).judge("ListUnitPrice-C-005-C")).toEqual({ is: "passed" });
    expect(checkerOf({ types: TYPES, rows: [noPrice] }).judge("ListUnitPrice-C-008-M")).toEqual({ is: "passed" });
  });

  test("a rule does not apply where what it is part of does not", () => {
    const cloudless = new FocusChecker({ types: TYPES, rows: [GOOD] }, model, []);
    expect(cloudless.judge("ListUnitPrice-C-005-C")).toEqual({ is: "not applicable", criteria: ["PUBLIC_PRICE_LIST_SUPPORTED"] });
  });
});

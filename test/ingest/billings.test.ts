import { expect, test } from "vitest";
import { billing } from "../../src/config/sections/billing-section.ts";
import { BILLINGS, isListValue, LIST_VALUES } from "../../src/ledger/usage/usage-record.ts";

test("the configuration knows the kinds of billing that the usage table has, and what is not owed is a list value", () => {
  expect([...billing.options].sort()).toEqual([...BILLINGS].sort());
  expect(BILLINGS.filter(isListValue)).toEqual([...LIST_VALUES]);
  expect(BILLINGS.filter((one) => !isListValue(one))).toEqual(["metered", "self_hosted"]);
});

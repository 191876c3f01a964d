import { describe, expect, test } from "vitest";
import { parseQuotaBalances } from "../../src/aperture/gateway/quota-balances.ts";

const BOTH = [{ bucket: "a", balance: 5_000_000_000n }, { bucket: "b", balance: -7n }];

describe("balances of quotas", () => {
  test.each([
    ["a list", [{ name: "b", balance: -7 }, { name: "a", balance: 5e9, capacity: 1 }]],
    ["a list under quotas", { quotas: [{ bucket: "a", remaining: 5e9 }, { bucket: "b", balance: -7 }], at: "now" }],
    ["a list under buckets", { buckets: [{ name: "a", balance: 5e9 }, { name: "b", remaining: -7 }] }],
    ["a list with the name that hooks have for it", [{ name: "a", current: 5e9, capacity: 1 }, { name: "b", current: -7 }]],
    ["an object", { a: { balance: 5e9 }, b: { remaining: -7, rate: "$1/day" } }],
    ["an object under quotas", { quotas: { a: { balance: 5e9 }, b: { balance: -7 } } }],
  ])("are read from %s, in order of name", (_, answer) => {
    expect(parseQuotaBalances(JSON.stringify(answer), "it")).toEqual(BOTH);
  });

  test.each(["[]", "{}", '{"quotas": []}', '{"buckets": {}}'])("may be none: %s", (text) => {
    expect(parseQuotaBalances(text, "it")).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ["no JSON", "<html>", /it is not JSON/],
    ["nothing", "", /it is not JSON/],
    ["a text", '"x"', /does not contain a list of buckets/],
    ["a list of texts", '["a"]', /does not contain a list of buckets/],
    ["dollars", '[{"name": "a", "balance": "$5.00"}]', /whole number of nanodollars/],
    ["a fraction", '[{"name": "a", "balance": 1.5}]', /whole number of nanodollars/],
    ["more than is exact", '[{"name": "a", "balance": 9007199254740993}]', /whole number of nanodollars/],
    ["no name", '[{"balance": 1}]', /bucket 0 has neither name nor bucket/],
    ["no balance", '[{"name": "a", "left": 1}]', /the bucket "a" has neither balance nor remaining nor current/],
    ["a name twice", '[{"name": "a", "balance": 1}, {"bucket": "a", "balance": 2}]', /the bucket "a" occurs twice/],
  ])("are refused where the answer has %s", (_, text, message) => {
    expect(() => parseQuotaBalances(text, "http://ai/api/quotas")).toThrow(expect.objectContaining({ code: "gateway_quotas_invalid", message: expect.stringMatching(message) as string }));
  });
});

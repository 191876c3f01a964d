import { expect, test } from "vitest";
import { describePriceChanges, freezePrices, frozenPrices } from "../../src/prices/price-changes.ts";
import type { PriceEntry } from "../../src/prices/price-entry.ts";
import { compilePriceList, type PriceList } from "../../src/prices/price-list.ts";

const GPT: PriceEntry = { match: "gpt-5", from: "2026-10-01", input: 1.25, output: "10" };
const HOUSE: PriceEntry = { match: "house/*", input: 1 };

function list(...entries: PriceEntry[]): PriceList {
  return compilePriceList(entries, "UTC");
}

/** What changed since a list was frozen, as it is read again. */
function changes(before: PriceList, now: PriceList): string {
  return describePriceChanges(frozenPrices.parse(JSON.parse(JSON.stringify(freezePrices(before)))), now);
}

test.each<[string, PriceList, PriceList, string]>([
  ["nothing", list(GPT, HOUSE), list(GPT, HOUSE), ""],
  ["a price", list(GPT, HOUSE), list({ ...GPT, input: 1.5 }, HOUSE), "gpt-5 from 2026-10-01: input was 1.25, is 1.5"],
  ["a price that there was not", list(HOUSE), list({ ...HOUSE, cached: "0.1" }), "house/*: cached was none, is 0.1"],
  ["an entry more, one less", list(GPT), list(HOUSE), "gpt-5 from 2026-10-01 is gone, house/* is new"],
  ["many", list(), list(...["a", "b", "c", "d"].map((match) => ({ match, input: 1 }))), "a is new, b is new, c is new, and 1 more entries"],
])("%s is said as it was and as it is", (_what, before, now, said) => {
  expect(changes(before, now)).toBe(said);
});

import { expect, test } from "vitest";
import { describePriceChanges, freezePrices, frozenPrices } from "../../src/prices/list/price-changes.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList, type PriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts, freezeCounts } from "../../src/prices/list/provider-counts.ts";

const GPT: PriceEntry = { match: "gpt-5", from: "2026-10-01", input: 1.25, output: "10" };
const HOUSE: PriceEntry = { match: "house/*", input: 1 };

function list(...entries: PriceEntry[]): PriceList {
  return compilePriceList(entries, "UTC");
}

/** What changed since a list was frozen, as it is read again. */
function changes(before: PriceList, now: PriceList): string {
  return describePriceChanges({ list: frozenPrices.parse(JSON.parse(JSON.stringify(freezePrices(before)))) }, { list: now });
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

test("counts of a provider are said as they were and as they are; nothing is said of those that a close did not keep", () => {
  const [before, now] = (["within", "beside"] as const).map((reasoning) => compileProviderCounts([{ provider: "house", counts: { reasoning } }], "UTC"));
  expect(describePriceChanges({ list: [], counts: freezeCounts(before!) }, { list: list(), counts: now })).toBe("counts of house: reasoning was within, is beside");
  expect(describePriceChanges({ list: [] }, { list: list(), counts: now })).toBe("");
});

import { describe, expect, test } from "vitest";
import { solveLeastSquares } from "../../src/prices/drift/least-squares.ts";
import { coversPattern } from "../../src/prices/list/covers-pattern.ts";
import { findShadowed } from "../../src/prices/list/find-shadowed.ts";
import { describePriceChanges, type FrozenPrices, freezePrices, thawPrices } from "../../src/prices/list/price-changes.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts, freezeCounts } from "../../src/prices/list/provider-counts.ts";
import { sumEstimates } from "../../src/prices/drift/estimate-sums.ts";
import { sumCacheSavings } from "../../src/prices/sums/cache-savings.ts";
import { sumSlots } from "../../src/prices/sums/slot-sums.ts";
import { usageRow, withUsageRows } from "./usage-rows.ts";

const ENTRIES: PriceEntry[] = [{ match: "m", input: 3 }, { match: "m", from: "2026-10-05", input: 4 }, { match: "n/*", input: "0.5", output: 2, tiers: [{ above: 10, input: 1 }] }];
const list = (...entries: PriceEntry[]): ReturnType<typeof compilePriceList> => compilePriceList(entries, "UTC");
/** As a close writes it down, read again. */
const freeze = (prices: ReturnType<typeof list>): FrozenPrices => JSON.parse(JSON.stringify(freezePrices(prices))) as FrozenPrices;
const named = (...names: string[]): PriceEntry[] => names.map((match) => ({ match, input: 1 }));

describe("a price list that was frozen", () => {
  test("is the same list when it is thawed, in its time zone", () => {
    const frozen = freeze(list(...ENTRIES));
    expect(freezePrices(thawPrices(frozen, "UTC"))).toEqual(ENTRIES);
    expect(thawPrices(frozen, "Europe/Berlin")[0]?.entries.map(({ start }) => start)).toEqual([Number.NEGATIVE_INFINITY, Date.parse("2026-10-04T22:00:00Z")]);
    expect(() => thawPrices([{ match: "m" }], "UTC")).toThrow("Invalid input");
  });

  test("differs by at most three entries in words, and the number of the others", () => {
    const changes = (...names: string[]): string => describePriceChanges({ list: [] }, { list: list(...named(...names)) });
    expect(changes("a", "b", "c")).toBe("a is new, b is new, c is new");
    expect(changes("a", "b", "c", "d", "e")).toBe("a is new, b is new, c is new, and 2 more entries");
  });

  test("differs by what is written otherwise, texts without quotes and all else as JSON", () => {
    const before: PriceEntry = { match: "m", input: 3, billing: "self_hosted" };
    const now: PriceEntry = { match: "m", input: "3", tiers: [{ above: 1, input: 2 }] };
    expect(describePriceChanges({ list: freeze(list(before)) }, { list: list(now) })).toBe('m: billing was self_hosted, is none; tiers was none, is [{"above":1,"input":2}]');
  });

  test("says of counts what changed where they were kept, and nothing where they were not", () => {
    const counts = (cached: "within" | "beside", from?: string): ReturnType<typeof compileProviderCounts> => compileProviderCounts([{ provider: "p", from, counts: { cached } }], "UTC");
    const changed = (before: ReturnType<typeof counts> | undefined, now: ReturnType<typeof counts> | undefined): string =>
      describePriceChanges({ list: [], counts: before === undefined ? undefined : freezeCounts(before) }, { list: [], counts: now });
    expect(changed(counts("within"), counts("within"))).toBe("");
    expect(changed(undefined, counts("within"))).toBe("");
    expect(changed([], counts("within"))).toBe("counts of p is new");
    expect(changed(counts("within", "2026-10-05"), undefined)).toBe("counts of p from 2026-10-05 is gone");
    expect(changed(counts("within"), counts("beside"))).toBe("counts of p: cached was within, is beside");
  });
});

describe("a pattern covers another", () => {
  test.each<[string, string, boolean]>([
    ["a*", "ab*", true], ["a*", "a", true], ["a?", "ab", true], ["a?", "a*", false], ["a?", "a??", false], ["*", "a*b", true], ["*", "a/b", false], ["**", "a/*", true], ["a/**", "a/**/b", true],
    ["a/**", "a", false], ["**/b", "a/b", true], ["**/b", "b", true], ["**/b", "**/c/b", true], ["**/b", "**", false], ["a*c", "abc", true], ["a*c", "a*bc", true], ["a*c", "ab*", false], ["*b*", "abc*", true],
    ["*", "**", false], ["?", "?", true], ["?", "*", false], ["ab", "ab", true], ["ab", "a?", false], ["a*", "=a*", false], ["*", "=a*", true], ["ab*", "=a*", false],
  ])("%s covers %s: %s", (pattern, other, covers) => {
    expect(coversPattern(pattern, other)).toBe(covers);
  });
});

test("an entry is shadowed by the first of those above that is in force by then, and by none that begins later", () => {
  const found = findShadowed([{ match: "a*", from: "2026-10-05", input: 1 }, { match: "*", from: "2026-10-05", input: 1 }, { match: "ab", from: "2026-10-05", input: 1 }, { match: "ac", from: "2026-10-04", input: 1 }], "UTC");
  expect(found.map(({ index, byIndex }) => [index, byIndex])).toEqual([[2, 0]]);
});

test("sums leave nothing behind: the same may be asked again", async () => {
  const rows = [usageRow({ tokens: { cached_tokens: 10, input_tokens: 5 }, cost: 5n })];
  const prices = { list: list(...ENTRIES), gateway: [] };
  await withUsageRows(rows, async (duck, of) => {
    for (const sum of [sumCacheSavings, sumEstimates, sumSlots]) {
      const first = await sum(duck, of, prices);
      expect(await sum(duck, of, prices)).toEqual(first);
    }
    const left = await duck.runAndReadAll("SELECT count(*)::INTEGER FROM duckdb_tables() WHERE temporary");
    expect(left.getRows()).toEqual([[0]]);
  });
});

describe("least squares", () => {
  test("find each rate alone where the counts tell it, and its error where amounts scatter", () => {
    const found = solveLeastSquares({ count: 3n, xtx: [[14n, 0n], [0n, 0n]], xty: [28n, 0n], yty: 58n });
    expect(found[0]).toMatchObject({ value: 2 });
    // Two squares are left of three observations and one rate: a variance of 1, over 14.
    expect(found[0]?.error).toBeCloseTo(Math.sqrt(1 / 14));
    expect(found[1]).toBeNull();
  });

  test("take the rates in whatever order the counts allow", () => {
    const [a, b] = solveLeastSquares({ count: 2n, xtx: [[0n, 0n], [0n, 4n]], xty: [0n, 12n], yty: 36n });
    expect([a, b?.value, b?.error]).toEqual([null, 3, 0]);
    const both = solveLeastSquares({ count: 2n, xtx: [[1n, 1n], [1n, 2n]], xty: [5n, 8n], yty: 34n });
    expect(both.map((one) => one?.value)).toEqual([2, 3]);
  });
});

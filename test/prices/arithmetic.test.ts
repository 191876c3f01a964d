import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withDuckDb } from "../../src/duckdb.ts";
import { writeUsage } from "../../src/lake/day-tables.ts";
import { LandingWriter } from "../../src/lake/landing-writer.ts";
import type { PriceEntry } from "../../src/prices/price-entry.ts";
import type { TokenCounts, UsageRecord } from "../../src/usage/usage-record.ts";
import { usageRecord } from "../lake/usage-arbitrary.ts";
import { runs } from "../property/runs.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { pricingBy } from "./price-requests.ts";

const DATE = "2026-10-05";
const MODELS = ["a", "b", "c/d", "e"] as const;

const rate = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.nat({ max: 10 ** 9 }).map((digits) => `${Math.floor(digits / 10 ** 6)}.${String(digits % 10 ** 6).padStart(6, "0")}`));
const maybe = fc.option(rate, { nil: undefined });
const rates = { output: maybe, cached: maybe, cache_write_5m: maybe, cache_write_1h: maybe, reasoning: maybe, image_input: maybe, image_output: maybe };
const priceEntry: fc.Arbitrary<PriceEntry> = fc.record({
  match: fc.constantFrom(...MODELS, "*", "p/*", "p/**", "?", "p/c/d"),
  from: fc.constantFrom(undefined, "2026-10-04", "2026-10-05", "2026-10-06"),
  input: rate,
  ...rates,
  web_search: maybe,
  adjustment: fc.constantFrom(undefined, 1, 0.5, "1.1", "0.333333333"),
  tiers: fc.uniqueArray(fc.record({ above: fc.integer({ min: 1, max: 5000 }), input: maybe, ...rates }), { maxLength: 3, selector: ({ above }) => above }),
});

const count = fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 3000 }) }, { weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(10 ** 12, 10 ** 12 + 1, 2 ** 53 - 1) });
const tokens: fc.Arbitrary<TokenCounts> = fc.record({
  inputTokens: count, outputTokens: count, cachedTokens: count, cacheWriteTokens: count, cacheWrite5mTokens: count, cacheWrite1hTokens: count,
  reasoningTokens: count, imageInputTokens: count, imageOutputTokens: count, webSearches: fc.oneof(fc.constant(0), fc.nat({ max: 10 })),
});
const request = fc.record({ model: fc.constantFrom(...MODELS, "unknown"), apiType: fc.constantFrom(null, "ant_messages", "oai_completions", "gemini_x", "x"), tokens, cost: fc.option(fc.constant(7n)) });

/** [cached in input, writes in input, reasoning in output] by dialect, as the documentation's table has them. */
const INCLUDES: Record<string, [boolean, boolean, boolean]> = {
  ant_messages: [false, false, true], oai_completions: [true, true, true], gemini_x: [true, true, false], x: [true, true, true], null: [true, true, true],
};
/** Of a model with a vendor the name without it is tried as well: c/d is also d. */
const MATCHES: Record<string, readonly string[]> = {
  "*": [...MODELS, "unknown"], "p/*": [...MODELS, "unknown"], "p/**": [...MODELS, "unknown"], "?": [...MODELS], "p/c/d": ["c/d"],
};

function decimal(value: number | string): bigint {
  const [whole, fraction = ""] = String(value).split(".");
  return BigInt(whole + fraction.padEnd(9, "0"));
}

/** Nanodollars by a second way of saying the rules: exact fractions, one entry and one request at a time. */
function expectedCost(entries: readonly PriceEntry[], model: string, apiType: string | null, counts: TokenCounts): bigint | null {
  const order = [...new Set(entries.map(({ match }) => match))];
  const group = order.find((match) => matches(match, model) && inForce(entries, match) !== undefined);
  const entry = group === undefined ? undefined : inForce(entries, group);
  if (entry === undefined || Object.values(counts).every((n) => n === 0)) return null;
  const [cachedIn, writesIn, reasoningIn] = INCLUDES[String(apiType)]!;
  const n = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, BigInt(value as number)])) as Record<keyof TokenCounts, bigint>;
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const writes5m = most(n.cacheWrite5mTokens, n.cacheWriteTokens - n.cacheWrite1hTokens);
  const without = (whole: bigint, parts: bigint): bigint => (parts > whole ? whole : whole - parts);
  const billed = {
    input: without(n.inputTokens, n.imageInputTokens + (cachedIn ? n.cachedTokens : 0n) + (writesIn ? writes5m + n.cacheWrite1hTokens : 0n)),
    cached: n.cachedTokens, cache_write_5m: writes5m, cache_write_1h: n.cacheWrite1hTokens, image_input: n.imageInputTokens,
    output: without(n.outputTokens, n.imageOutputTokens + (reasoningIn ? n.reasoningTokens : 0n)),
    reasoning: n.reasoningTokens, image_output: n.imageOutputTokens, web_search: n.webSearches,
  };
  const context = billed.input + billed.cached + billed.cache_write_5m + billed.cache_write_1h + billed.image_input;
  const price = Object.fromEntries(Object.entries(entry)) as Record<string, number | string | undefined>;
  for (const tier of (entry.tiers ?? []).toSorted((a, b) => a.above - b.above)) {
    if (context > BigInt(tier.above)) for (const [name, value] of Object.entries(tier)) if (value !== undefined) price[name] = value as number;
  }
  const inputSide = ["cached", "cache_write_5m", "cache_write_1h", "image_input"];
  let sum = 0n;
  for (const [name, amount] of Object.entries(billed)) {
    if (amount > (name === "web_search" ? 10n ** 9n : 10n ** 12n)) return null;
    const dollars = price[name] ?? (inputSide.includes(name) ? price["input"] : ["reasoning", "image_output"].includes(name) ? price["output"] : undefined);
    if (amount === 0n) continue;
    if (dollars === undefined) return null;
    // in units of 1e-24 dollar: 1e-9 of the price, 1e-9 of the adjustment, 1e-6 for the million
    sum += amount * decimal(dollars) * decimal(entry.adjustment ?? 1) * (name === "web_search" ? 10n ** 6n : 1n);
  }
  const nanodollars = (sum + 5n * 10n ** 14n) / 10n ** 15n;
  return nanodollars < 10n ** 18n ? nanodollars : null;
}

function matches(match: string, model: string): boolean {
  return MATCHES[match]?.includes(model) ?? match === model;
}

function inForce(entries: readonly PriceEntry[], match: string): PriceEntry | undefined {
  const begun = entries.filter((entry) => entry.match === match && (entry.from ?? "") <= DATE);
  const last = begun.map(({ from }) => from ?? "").toSorted().at(-1);
  return begun.findLast((entry) => (entry.from ?? "") === last);
}

async function costsOf(records: readonly UsageRecord[], entries: readonly PriceEntry[]): Promise<(bigint | null)[]> {
  const folder = temporaryFolder();
  const writer = new LandingWriter(folder, { time: new Date(`${DATE}T12:00:00Z`), version: 0 });
  records.forEach((record, position) => writer.add(record, position));
  const files = writer.finish().map(({ file }) => file);
  const usage = join(folder, "usage.parquet");
  await withDuckDb({ temporaryDirectory: folder }, (duck) => writeUsage(duck, files, usage, pricingBy(entries)(DATE, "prod")));
  const rows = await query(`SELECT (cost_usd::DECIMAL(38, 9) * 1000000000)::BIGINT::VARCHAR AS cost FROM read_parquet('${usage}') ORDER BY record_id`);
  return rows.map(({ cost }) => (cost === null ? null : BigInt(cost as string)));
}

const records = fc.array(fc.tuple(usageRecord, request), { minLength: 1, maxLength: 30 }).map((all) =>
  all.map(([base, { model, apiType, tokens: counts, cost }], index): UsageRecord => ({
    ...base, ts: Date.parse(`${DATE}T12:00:00Z`) * 1000, recordId: BigInt(index), captureId: `c${index}`, provider: "p",
    model: model.slice(model.indexOf("/") + 1), modelRecorded: model, apiType, tokens: counts, cost, costSource: cost === null ? "none" : "aperture", costBasis: null,
  })),
);

describe("what the list makes of any request", () => {
  test("is what exact fractions make of it", async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.array(priceEntry, { maxLength: 6 }), async (all, entries) => {
        const expected = all.map(({ cost, modelRecorded, apiType, tokens: counts }) => cost ?? expectedCost(entries, modelRecorded, apiType, counts));
        expect(await costsOf(all, entries)).toEqual(expected);
      }),
      runs(40),
    );
  });

  test("is the same whatever prices are appended for later days", async () => {
    const later = fc.array(priceEntry.map((entry) => ({ ...entry, from: "2026-10-06" })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(records, fc.array(priceEntry, { maxLength: 4 }), later, async (all, entries, appended) => {
        expect(await costsOf(all, [...entries, ...appended])).toEqual(await costsOf(all, entries));
        expect(pricingBy([...entries, ...appended])(DATE, "prod").digest).toBe(pricingBy(entries)(DATE, "prod").digest);
      }),
      runs(20),
    );
  });
});

import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordOf } from "../../src/ledger/record-of.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { writeUsage } from "../../src/lake/days/day-tables.ts";
import { readLandedDay } from "../../src/lake/days/landed-day.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import type { TokenCounts } from "../../src/ledger/usage/token-counts.ts";
import { TOKEN_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { usageRecord } from "../lake/usage-arbitrary.ts";
import { runs } from "../property/runs.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { pricingBy } from "./price-requests.ts";

const DATE = "2026-10-05";
const MODELS = ["a", "b", "c/d", "e", "e-20250929"] as const;

const rate = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.nat({ max: 10 ** 9 }).map((digits) => `${Math.floor(digits / 10 ** 6)}.${String(digits % 10 ** 6).padStart(6, "0")}`));
const maybe = fc.option(rate, { nil: undefined });
const rates = { output: maybe, cached: maybe, cache_write_5m: maybe, cache_write_1h: maybe, reasoning: maybe, image_input: maybe, image_output: maybe };
const place = fc.constantFrom(undefined, "within" as const, "beside" as const);
const priceEntry: fc.Arbitrary<PriceEntry> = fc.record({
  match: fc.constantFrom(...MODELS, "*", "p/*", "p/**", "?", "e-*", "p/c/d", "p/e"),
  from: fc.constantFrom(undefined, "2026-10-04", "2026-10-05", "2026-10-06"),
  input: rate,
  ...rates,
  web_search: maybe,
  adjustment: fc.constantFrom(undefined, 1, 0.5, "1.1", "0.333333333"),
  counts: fc.option(fc.record({ cached: place, cache_writes: place, reasoning: place, image_input: place, image_output: place }), { nil: undefined }),
  tiers: fc.uniqueArray(fc.record({ above: fc.integer({ min: 1, max: 5000 }), input: maybe, ...rates }), { maxLength: 3, selector: ({ above }) => above }),
});

const count = fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 3000 }) }, { weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(10 ** 12, 10 ** 12 + 1, 2 ** 53 - 1) });
const tokens: fc.Arbitrary<TokenCounts> = fc.record({
  ...recordOf(TOKEN_COLUMNS, ({ property }) => property, () => count),
  webSearches: fc.oneof(fc.constant(0), fc.nat({ max: 10 })),
});
const request = fc.record({ model: fc.constantFrom(...MODELS, "unknown"), apiType: fc.constantFrom(null, "ant_messages", "oai_completions", "gemini_x", "x"), tokens, cost: fc.option(fc.constant(7n)) });

/** [cached in input, writes in input, reasoning in output] by dialect, as the documentation's table has them. */
const INCLUDES: Record<string, [boolean, boolean, boolean]> = {
  ant_messages: [false, false, true], oai_completions: [true, true, true], gemini_x: [true, true, false], x: [true, true, true], null: [true, true, true],
};
const PATTERNS: Record<string, RegExp> = { "*": /^[^/]+$/, "p/*": /^p\/[^/]+$/, "p/**": /^p\/.+$/, "?": /^[^/]$/, "e-*": /^e-[^/]*$/ };
/** Names as recorded, only then without a vendor, and only then plain ones. */
const SPELLINGS: Record<string, readonly (readonly string[])[]> = { "c/d": [["c/d"], ["d"]], "e-20250929": [["e-20250929"], ["e"]] };

type Fraction = readonly [dividend: bigint, divisor: bigint];

function decimal(value: number | string): bigint {
  const [whole, fraction = ""] = String(value).split(".");
  return BigInt(whole + fraction.padEnd(9, "0"));
}

/** Nanodollars by a second way of saying the rules: exact fractions, one entry and one request at a time. */
function expectedCost(entries: readonly PriceEntry[], model: string, apiType: string | null, counts: TokenCounts): bigint | null {
  const order = [...new Set(entries.map(({ match }) => match))].filter((match) => inForce(entries, match) !== undefined);
  const spellings = SPELLINGS[model] ?? [[model]];
  const group = spellings.map((names) => order.find((match) => names.some((name) => matches(match, name)))).find((found) => found !== undefined);
  const entry = group === undefined ? undefined : inForce(entries, group);
  if (entry === undefined || Object.values(counts).every((n) => n === 0)) return null;
  const [cached, writes, reasoning] = INCLUDES[String(apiType)]!;
  const isWithin = (part: keyof NonNullable<PriceEntry["counts"]>, otherwise: boolean): boolean => (entry.counts?.[part] === undefined ? otherwise : entry.counts[part] === "within");
  const only = (within: boolean, amount: bigint): bigint => (within ? amount : 0n);
  const n = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, BigInt(value)])) as Record<keyof TokenCounts, bigint>;
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const writes5m = most(n.cacheWrite5mTokens, n.cacheWriteTokens - n.cacheWrite1hTokens);
  const withinInput = only(isWithin("image_input", true), n.imageInputTokens) + only(isWithin("cached", cached), n.cachedTokens) + only(isWithin("cache_writes", writes), writes5m + n.cacheWrite1hTokens);
  const withinOutput = only(isWithin("image_output", true), n.imageOutputTokens) + only(isWithin("reasoning", reasoning), n.reasoningTokens);
  if (withinInput > n.inputTokens || withinOutput > n.outputTokens) return null;
  const billed = {
    input: n.inputTokens - withinInput,
    cached: n.cachedTokens, cache_write_5m: writes5m, cache_write_1h: n.cacheWrite1hTokens, image_input: n.imageInputTokens,
    output: n.outputTokens - withinOutput,
    reasoning: n.reasoningTokens, image_output: n.imageOutputTokens, web_search: n.webSearches,
  };
  const context = billed.input + billed.cached + billed.cache_write_5m + billed.cache_write_1h + billed.image_input;
  const follows: Record<string, "input" | "output"> = { cached: "input", cache_write_5m: "input", cache_write_1h: "input", image_input: "input", reasoning: "output", image_output: "output" };
  const exact = (written: object): Record<string, Fraction | undefined> => {
    const amounts = written as Record<string, number | string | undefined>;
    return Object.fromEntries(Object.keys(billed).flatMap((name) => (amounts[name] === undefined ? [] : [[name, [decimal(amounts[name]), 1n]]])));
  };
  let price = exact(entry);
  // Of each price the last ratio to what it follows: there is none to 0.
  const ratios = new Map<string, Fraction>();
  for (const tier of (entry.tiers ?? []).toSorted((a, b) => a.above - b.above)) {
    if (context <= BigInt(tier.above)) continue;
    const [below, named] = [price, exact(tier)];
    price = { ...below, ...named };
    for (const [name, followed] of Object.entries(follows)) {
      const [part, from, to] = [below[name], below[followed], named[followed]];
      if (part && from && from[0] > 0n) ratios.set(name, [part[0] * from[1], part[1] * from[0]]);
      const ratio = ratios.get(name);
      if (ratio && to && !named[name]) price[name] = [ratio[0] * to[0], ratio[1] * to[1]];
    }
  }
  let sum = 0n;
  for (const [name, amount] of Object.entries(billed)) {
    if (amount > (name === "web_search" ? 10n ** 9n : 10n ** 12n)) return null;
    const dollars = price[name] ?? price[follows[name] ?? name];
    if (amount === 0n) continue;
    if (dollars === undefined) return null;
    // in units of 1e-24 dollar: 1e-9 of the price, 1e-9 of the adjustment, 1e-6 for the million; a ratio's rate is rounded to 1e-18 dollar
    const perUnit = dollars[0] * decimal(entry.adjustment ?? 1) * (name === "web_search" ? 10n ** 6n : 1n);
    sum += amount * ((2n * perUnit + dollars[1]) / (2n * dollars[1]));
  }
  const nanodollars = (sum + 5n * 10n ** 14n) / 10n ** 15n;
  return nanodollars < 10n ** 18n ? nanodollars : null;
}

/** A pattern with a `/` is matched with the provider in front, and by a name that has a `/` itself also without it. */
function matches(match: string, name: string): boolean {
  const tried = match.includes("/") ? [`p/${name}`, ...(name.includes("/") ? [name] : [])] : [name];
  return tried.some((one) => PATTERNS[match]?.test(one) || match === one);
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
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => writeUsage(duck, await readLandedDay(duck, files), usage, pricingBy(entries)(DATE, "prod")));
  const rows = await query(`SELECT (cost_usd::DECIMAL(38, 9) * 1000000000)::BIGINT::VARCHAR AS cost FROM read_parquet('${usage}') ORDER BY record_id`);
  return rows.map(({ cost }) => (cost === null ? null : BigInt(cost as string)));
}

const records = fc.array(fc.tuple(usageRecord, request), { minLength: 1, maxLength: 30 }).map((all) =>
  all.map(([base, { model, apiType, tokens: counts, cost }], index): UsageRecord => ({
    ...base, ts: Date.parse(`${DATE}T12:00:00Z`) * 1000, recordId: BigInt(index), captureId: `c${index}`, provider: "p",
    model: (SPELLINGS[model]?.at(-1) ?? [model]).at(-1)!, modelRecorded: model, apiType, tokens: counts, unknownCounts: new Map(), cost, costSource: cost === null ? "none" : "aperture", costBasis: null,
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

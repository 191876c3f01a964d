import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ANY_COUNT } from "../../src/ledger/usage/usage-columns.ts";
import { BILLED_COUNTS, CONTEXT, CONTRADICTED, COUNTS_APART, nanodollarsOf } from "../../src/prices/list/billed-counts.ts";
import { BILLED, type Billed } from "../../src/prices/list/price-entry.ts";
import { runs } from "../property/runs.ts";
import { query } from "../query.ts";

interface Counted {
  input: bigint;
  output: bigint;
  cached: bigint;
  /** All writes, those of five minutes and those of an hour. Providers may leave any of them out. */
  writes: bigint;
  writes5m: bigint;
  writes1h: bigint;
  imagesIn: bigint;
  imagesOut: bigint;
  reasoning: bigint;
  searches: bigint;
  cachedInInput: boolean;
  writesInInput: boolean;
  imagesInInput: boolean;
  reasoningInOutput: boolean;
  imagesInOutput: boolean;
}
type Rates = Record<Billed, bigint | null>;

const MOST_TOKENS = 10n ** 12n;
const MOST_SEARCHES = 10n ** 9n;

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n);
const within = (isWithin: boolean, count: bigint): bigint => (isWithin ? count : 0n);

/** Writes of an hour are priced by themselves; all others as those of five minutes. */
const shortWrites = ({ writes, writes5m, writes1h }: Counted): bigint => most(writes - writes1h, writes5m);
const insideInput = (of: Counted): bigint => within(of.cachedInInput, of.cached) + within(of.writesInInput, shortWrites(of) + of.writes1h) + within(of.imagesInInput, of.imagesIn);
const insideOutput = (of: Counted): bigint => within(of.reasoningInOutput, of.reasoning) + within(of.imagesInOutput, of.imagesOut);

/** What the page on prices says is billed: every token once, under the price of the part it belongs to. */
function billedByHand(of: Counted): Record<Billed, bigint> {
  return {
    input: most(of.input - insideInput(of), 0n),
    cached: of.cached,
    cache_write_5m: shortWrites(of),
    cache_write_1h: of.writes1h,
    image_input: of.imagesIn,
    output: most(of.output - insideOutput(of), 0n),
    reasoning: of.reasoning,
    image_output: of.imagesOut,
    web_search: of.searches,
  };
}

/** Rates are in 1e-18 dollars per million tokens: tokens times a rate are 1e-24 dollars, of which half a nanodollar goes up. */
function costByHand(counts: Record<Billed, bigint>, rates: Rates): bigint | null {
  let exact = 0n;
  for (const name of BILLED) {
    const rate = rates[name];
    if (counts[name] > (name === "web_search" ? MOST_SEARCHES : MOST_TOKENS) || (counts[name] > 0n && rate === null)) return null;
    exact += counts[name] * (rate ?? 0n);
  }
  const whole = (exact + 5n * 10n ** 14n) / 10n ** 15n;
  return whole < 10n ** 18n ? whole : null;
}

/** Small ones, so that counts are often equal, none or one apart; and those at the largest that is priced. */
const count = fc.oneof({ weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 3n }) }, { weight: 1, arbitrary: fc.constantFrom(MOST_TOKENS - 1n, MOST_TOKENS, MOST_TOKENS + 1n) });
const searches = fc.oneof({ weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 3n }) }, { weight: 1, arbitrary: fc.constantFrom(MOST_SEARCHES, MOST_SEARCHES + 1n) });
/** How far a whole is from the sum of its parts: a prompt that is cached to its last token is as likely as any other. */
const beyond = fc.constantFrom(0n, 0n, 0n, 1n, 2n, -1n, 1000n);

const counted: fc.Arbitrary<Counted> = fc
  .record({
    beyondInput: beyond, beyondOutput: beyond, cached: count, writes: count, writes5m: count, writes1h: count, imagesIn: count, imagesOut: count, reasoning: count, searches,
    cachedInInput: fc.boolean(), writesInInput: fc.boolean(), imagesInInput: fc.boolean(), reasoningInOutput: fc.boolean(), imagesInOutput: fc.boolean(),
  })
  .map(({ beyondInput, beyondOutput, ...rest }) => {
    const parts = { input: 0n, output: 0n, ...rest };
    return { ...parts, input: most(insideInput(parts) + beyondInput, 0n), output: most(insideOutput(parts) + beyondOutput, 0n) };
  });
/** Half a nanodollar for one token among them. */
const rate = fc.option(fc.oneof(fc.constantFrom(0n, 5n * 10n ** 14n, 3n * 10n ** 18n, 10n ** 24n), fc.bigInt({ min: 0n, max: 10n ** 20n })), { freq: 8 });
const rates = fc.record(Object.fromEntries(BILLED.map((name) => [name, rate])) as Record<Billed, typeof rate>);
/** Many in one query; a failure shows the rows that differ, and smaller ones are not looked for. */
const requests = fc.array(fc.tuple(counted, rates), { minLength: 60, maxLength: 60 });

/** Evaluates SQL over requests as the day's tables have them. */
async function evaluate(all: readonly (readonly [Counted, Rates])[], sql: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
  const columns = [
    "row", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "image_input_tokens", "image_output_tokens",
    "reasoning_tokens", "web_searches", "cached_in_input", "cache_writes_in_input", "images_in_input", "reasoning_in_output", "images_in_output", ...BILLED.map((name) => `rate_${name}`),
  ];
  const rows = all.map(([of, rated], index) => {
    const counts = [of.input, of.output, of.cached, of.writes, of.writes5m, of.writes1h, of.imagesIn, of.imagesOut, of.reasoning, of.searches].map((one) => `${String(one)}::BIGINT`);
    const flags = [of.cachedInInput, of.writesInInput, of.imagesInInput, of.reasoningInOutput, of.imagesInOutput].map(String);
    return `(${[String(index), ...counts, ...flags, ...BILLED.map((name) => `${rated[name] === null ? "NULL" : String(rated[name])}::HUGEINT`)].join(", ")})`;
  });
  const selected = Object.entries(sql).map(([name, expression]) => `(${expression})::VARCHAR AS "${name}"`);
  return await query(`SELECT ${selected.join(", ")} FROM (VALUES ${rows.join(", ")}) AS t(${columns.join(", ")}) ORDER BY row`);
}

const text = (value: bigint | boolean | null): string | null => (value === null ? null : String(value));

describe("for any counts, whatever they include of each other", () => {
  test("each token is billed once", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const found = await evaluate(all, { ...BILLED_COUNTS, context: CONTEXT, contradicted: CONTRADICTED, any: ANY_COUNT });
        const expected = all.map(([of]) => {
          const billed = billedByHand(of);
          const context = billed.input + billed.cached + billed.cache_write_5m + billed.cache_write_1h + billed.image_input;
          const contradicted = insideInput(of) > of.input || insideOutput(of) > of.output;
          const any = sum([of.input, of.output, of.cached, of.writes, of.writes5m, of.writes1h, of.imagesIn, of.imagesOut, of.reasoning, of.searches]) > 0n;
          return Object.fromEntries(Object.entries({ ...billed, context, contradicted, any }).map(([name, value]) => [name, text(value)]));
        });
        expect(found).toEqual(expected);
      }),
      { ...runs(8), endOnFailure: true },
    );
  });

  test("a prompt that is cached to its last token is paid for once, at the price of what is cached", async () => {
    const promptOf = (tokens: bigint): readonly [Counted, Rates] => [
      {
        input: tokens, output: 0n, cached: tokens, writes: 0n, writes5m: 0n, writes1h: 0n, imagesIn: 0n, imagesOut: 0n, reasoning: 0n, searches: 0n,
        cachedInInput: true, writesInInput: true, imagesInInput: true, reasoningInOutput: true, imagesInOutput: true,
      },
      Object.fromEntries(BILLED.map((name) => [name, name === "cached" ? 10n ** 17n : 10n ** 18n])) as Rates,
    ];
    const found = await evaluate([1n, 1000n, MOST_TOKENS].map(promptOf), { cost: nanodollarsOf((name) => `rate_${name}`), contradicted: CONTRADICTED, context: CONTEXT });
    expect(found).toEqual([
      { cost: "100", contradicted: "false", context: "1" },
      { cost: "100000", contradicted: "false", context: "1000" },
      { cost: "100000000000000", contradicted: "false", context: "1000000000000" },
    ]);
  });

  test("the cost is the sum of the billed counts at their rates, rounded once, or none", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const rateOf = (name: Billed): string => `rate_${name}`;
        const found = await evaluate(all, { cost: nanodollarsOf(rateOf), apart: nanodollarsOf(rateOf, COUNTS_APART) });
        const expected = all.map(([of, rated]) => {
          const billed = billedByHand(of);
          return { cost: text(costByHand(billed, rated)), apart: text(costByHand({ ...billed, input: of.input, output: of.output }, rated)) };
        });
        expect(found).toEqual(expected);
      }),
      { ...runs(8), endOnFailure: true },
    );
  });
});

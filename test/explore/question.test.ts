import fc from "fast-check";
import { expect, test } from "vitest";
import { formatQuestion } from "../../src/explore/question/format-question.ts";
import { canFilter, parseQuestion } from "../../src/explore/question/parse-question.ts";
import { propertiesOf } from "../../src/explore/question/property.ts";
import { DAY, type Filter, MEASURES, PRESETS, type Question, TOPS } from "../../src/explore/question/question.ts";
import { resolveSpan } from "../../src/explore/question/resolve-span.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { ascending } from "../../src/ledger/orders.ts";
import { AWKWARD_NAMES } from "../awkward-names.ts";

const SETTINGS = { dimensions: ["repo", "day"] };
const PROPERTIES = propertiesOf(SETTINGS.dimensions);
const GROUPINGS = PROPERTIES.filter(({ isGrouping }) => isGrouping).map(({ name }) => name);

const text = fc.oneof(fc.constantFrom(...AWKWARD_NAMES, "'; DROP TABLE usage; --", "<script>alert(1)</script>", "\0", "a\0b", "\r\n", "&caller=x", "%00", "+", "💸", "x".repeat(1000)), fc.string({ unit: "binary", minLength: 1, maxLength: 12 })).filter(canFilter);

const filters: fc.Arbitrary<Filter[]> = fc.tuple(...PROPERTIES.map(({ name, values, isOptional }) => fc.option(fc.record({
  property: fc.constant(name),
  values: fc.uniqueArray(values === undefined ? text : fc.constantFrom(...values), { maxLength: 3 }).map((all) => all.sort(ascending)),
  lacking: isOptional ? fc.boolean() : fc.constant(false),
}), { nil: undefined }))).map((all) => all.flatMap((filter) => (filter === undefined || (filter.values.length === 0 && !filter.lacking) ? [] : [filter])));

const day = fc.date({ min: new Date("2000-01-01"), max: new Date("2098-01-01"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const span = fc.oneof(fc.constantFrom(...PRESETS), fc.tuple(day, fc.nat(399)).map(([from, more]) => ({ from, to: new Date(Date.parse(from) + more * 86_400_000).toISOString().slice(0, 10) })));

export const question: fc.Arbitrary<Question> = fc.record({
  span, filters, rows: fc.constantFrom(DAY, ...GROUPINGS), columns: fc.option(fc.constantFrom(...GROUPINGS)), measure: fc.constantFrom(...MEASURES), top: fc.constantFrom(...TOPS),
}).map((one) => (one.columns === one.rows ? { ...one, columns: null } : one));

test("a link says its question whole, whatever the values are made of", () => {
  fc.assert(fc.property(question, (one) => {
    // As a browser sends it, and as a fresh parser reads it.
    const link = new URL(`http://ledger.example/explore?${formatQuestion(one)}`);
    expect(parseQuestion(link.searchParams, SETTINGS)).toEqual(one);
  }), { numRuns: 200 });
});

test("without parameters it is the cost of this month by caller", () => {
  const asked = parseQuestion(new URLSearchParams(""), SETTINGS);
  expect(asked).toEqual({ span: "this_month", filters: [], rows: "caller", columns: null, measure: "cost", top: 25 });
  expect(resolveSpan(asked.span, "2026-11-30")).toEqual({ from: "2026-11-01", to: "2026-11-30" });
});

test.each([
  ["this_month", "2026-03-01", { from: "2026-03-01", to: "2026-03-01" }],
  ["last_month", "2026-03-31", { from: "2026-02-01", to: "2026-02-28" }],
  ["last_month", "2026-01-01", { from: "2025-12-01", to: "2025-12-31" }],
  ["30_days", "2026-03-01", { from: "2026-01-31", to: "2026-03-01" }],
] as const)("%s on %s", (preset, today, days) => {
  expect(resolveSpan(preset, today)).toEqual(days);
});

test("an empty field of the form is no filter", () => {
  expect(parseQuestion(new URLSearchParams("caller=&columns=&rows=model&dimension.repo="), SETTINGS)).toMatchObject({ filters: [], rows: "model", columns: null });
});

test.each([
  ["rows=what", 'rows cannot be "what"', "day, caller, caller_type, model, dimension.repo, dimension.day, provider"],
  ["rows=tag", 'rows cannot be "tag"', "caller"],
  ["columns=day", 'columns cannot be "day"', "caller"],
  ["rows=model&columns=model", 'columns cannot be "model"', "rows is model"],
  ["measure=dollars", 'measure cannot be "dollars"', "cost, list_value, requests, unpriced_requests, input_tokens, output_tokens"],
  ["top=1000000", 'top cannot be "1000000"', "25, 100, 500"],
  ["top=25.0", 'top cannot be "25.0"', "25, 100, 500"],
  ["span=always", 'span cannot be "always"', "this_month, last_month, 30_days"],
  ["span=this_month&from=2026-01-01&to=2026-01-02", 'span cannot be "this_month"', "from and to"],
  ["from=2026-02-30&to=2026-03-01", 'from cannot be "2026-02-30"', "such as 2026-10-01"],
  ["from=1026-02-03&to=2026-03-01", 'from cannot be "1026-02-03"', "from 2000-01-01"],
  ["from=2026-02-03", "to is missing", "belong together"],
  ["to=2026-02-03", "from is missing", "belong together"],
  ["from=2026-02-03&to=2026-02-02", 'to cannot be "2026-02-02"', "not before from, 2026-02-03"],
  ["from=2026-01-01&to=2027-02-05", 'to cannot be "2027-02-05"', "up to 2027-02-04"],
  ["billing=free", 'billing cannot be "free"', "metered, subscription, caller_key, self_hosted"],
  ["without=caller", 'without cannot be "caller"', "tag, dimension.repo"],
  ["measure=cost&measure=requests", 'measure cannot be "requests"', "one value"],
  ["dimension.secret=x", 'no parameter "dimension.secret"', "dimension.repo"],
  ["__proto__=x", 'no parameter "__proto__"', "caller"],
  ["x%00%1b=1", 'no parameter "x[U+0000][U+001B]"', "caller"],
  [`caller=${"x".repeat(1001)}`, "caller cannot be", "at most 1000 characters"],
  [Array.from({ length: 51 }, (_, index) => `model=${String(index)}`).join("&"), 'model cannot be "51 values"', "at most 50 values"],
])("%s is refused with what is allowed", (query, message, allowed) => {
  const refusal = (() => {
    try {
      return parseQuestion(new URLSearchParams(query), SETTINGS);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toBeInstanceOf(LedgerError);
  const { code, message: said, remedy } = refusal as LedgerError;
  expect([code, said]).toEqual(["usage", expect.stringContaining(message)]);
  expect(remedy).toContain(allowed);
});

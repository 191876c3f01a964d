import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer } from "../../src/explore/asking/answer.ts";
import { askRollups } from "../../src/explore/asking/ask-rollups.ts";
import { flattenRollups } from "../../src/explore/asking/rollup-rows.ts";
import { askSessions } from "../../src/explore/asking/ask-sessions.ts";
import { canFilter } from "../../src/explore/question/parse-question.ts";
import { propertiesOf } from "../../src/explore/question/property.ts";
import { DAY, type Figures, type Filter, type Measure, MEASURES } from "../../src/explore/question/question.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { isListValue, type UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { buildRecords, builtRecord } from "../chargeback/built-month.ts";
import { temporaryFolder } from "../test-ledger.ts";

const SETTINGS = { timezone: "UTC", dimensions: ["repo", "a"] };
const SPAN = { from: "2026-10-01", to: "2026-10-03" };
const [FROM, TO] = [Date.UTC(2026, 9, 1) * 1000, Date.UTC(2026, 9, 4) * 1000];
const GROUPINGS = propertiesOf(SETTINGS.dimensions).filter(({ isGrouping }) => isGrouping).map(({ name }) => name);

/** The values of a record by property, in the words of links. */
function valuesOf(record: UsageRecord): Record<string, string | null> {
  return { caller: record.caller, caller_type: record.callerType, model: record.model, provider: record.provider, agent: record.agent, instance: record.instance, billing: record.billing, ...record.terms, "dimension.repo": record.dimensions["repo"] ?? null, "dimension.a": record.dimensions["a"] ?? null };
}

function meets(record: UsageRecord, filters: readonly Filter[]): boolean {
  return filters.every(({ property, values, lacking }) => {
    if (property === "tag") return record.tags.some((tag) => values.includes(tag)) || (lacking && record.tags.length === 0);
    const value = valuesOf(record)[property] ?? null;
    return value === null ? lacking : values.includes(value);
  });
}

/** Adds records up without SQL. */
function addUp(records: readonly UsageRecord[]): Figures {
  const sum = (amounts: readonly (bigint | number)[]): bigint => amounts.reduce<bigint>((all, amount) => all + BigInt(amount), 0n);
  const costs = (list: boolean): bigint | null => {
    const priced = records.flatMap(({ cost, billing }) => (cost === null || isListValue(billing) !== list ? [] : [cost]));
    return priced.length === 0 ? null : sum(priced);
  };
  return {
    cost: costs(false), list_value: costs(true), requests: BigInt(records.length),
    unpriced_requests: BigInt(records.filter(({ cost, tokens }) => cost === null && Object.values(tokens).some((count) => count > 0)).length),
    input_tokens: sum(records.map(({ tokens }) => tokens.inputTokens)), output_tokens: sum(records.map(({ tokens }) => tokens.outputTokens)),
  };
}

/** Filters by values that some of the records have. */
function filtersOf(records: readonly UsageRecord[], picks: readonly { record: number; property: string; lacking: boolean }[]): Filter[] {
  const one = new Map(picks.map(({ record, property, lacking }): [string, Filter] => {
    const chosen = records[record % records.length]!;
    const value = property === "tag" ? (chosen.tags[0] ?? null) : (valuesOf(chosen)[property] ?? null);
    return [property, { property, values: value !== null && canFilter(value) ? [value] : [], lacking: value === null || lacking }];
  }));
  return [...one.values()];
}

function sumRows({ rows, others }: Answer, of: (row: Answer["rows"][number]) => bigint): bigint {
  return [...rows, ...(others === null ? [] : [others.row])].reduce((sum, row) => sum + of(row), 0n);
}

const questions = fc.array(fc.record({
  rows: fc.constantFrom(DAY, ...GROUPINGS),
  columns: fc.option(fc.constantFrom(...GROUPINGS)),
  measure: fc.constantFrom<Measure>(...MEASURES),
  picks: fc.array(fc.record({ record: fc.nat(), property: fc.constantFrom("caller", "model", "tag", "agent", "dimension.repo", "billing", "service_tier"), lacking: fc.boolean() }), { maxLength: 2 }),
}), { minLength: 1, maxLength: 3 });

test("whatever the groupings, rows, columns and days add up to the requests that meet the filters", async () => {
  await fc.assert(fc.asyncProperty(fc.array(builtRecord.map((record): UsageRecord => ({ ...record, unknownCounts: new Map() })), { minLength: 1, maxLength: 12 }), questions, async (records, asked) => {
    const folder = temporaryFolder();
    const files = await buildRecords(folder, records);
    await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
      const flat = files.rollups.map((file) => `${file}.flat`);
      for (const [index, file] of files.rollups.entries()) await flattenRollups(duck, file, flat[index] ?? "", SETTINGS.dimensions);
      for (const { rows, columns: drawn, measure, picks } of asked) {
        const columns = drawn === rows ? null : drawn;
        const filters = filtersOf(records, picks);
        const asking = { span: SPAN, filters, rows, columns, measure, top: 25 } as const;
        const expected = addUp(records.filter((record) => record.ts >= FROM && record.ts < TO && meets(record, filters)));
        const answer = await askRollups(duck, flat, asking, SETTINGS);
        const none = answer.rows.length === 0;
        for (const one of MEASURES) {
          expect(answer.total[one] ?? null).toEqual(none ? null : expected[one]);
          expect(sumRows(answer, ({ figures }) => figures[one] ?? 0n)).toBe(expected[one] ?? 0n);
        }
        for (const row of columns === null ? [] : answer.rows) expect(row.cells.reduce((sum: bigint, cell) => sum + (cell ?? 0n), 0n)).toBe(row.figures[measure] ?? 0n);
        expect(answer.days.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part, 0n)).toBe(expected[measure] ?? 0n);
        const sessions = await askSessions(duck, files.usage, asking, SETTINGS);
        expect(sessions.total).toEqual(answer.total);
        const listed = [...sessions.rows.map(({ figures }) => figures), ...(sessions.without === null ? [] : [sessions.without])];
        expect(listed.reduce((sum, figures) => sum + (figures[measure] ?? 0n), 0n)).toBe(expected[measure] ?? 0n);
      }
    });
  }), { numRuns: 12 });
});

import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { DAY, type Measure, type QuestionSettings } from "../question/question.ts";
import type { Answer, AnswerRow } from "./answer.ts";
import { placeDays, rankValues } from "./rank-values.ts";
import { type Asking, selectRollups } from "./rollup-rows.ts";
import { daysOf } from "./sql-day.ts";
import { ADD_FIGURES, figureColumns, SUM_FIGURES, toFigures } from "./sql-figures.ts";
import { type Parts, sumParts } from "./sum-parts.ts";

/** Values that have a colour in the chart and a column in the table; the others share one. */
const MOST_SERIES = 7;

/** Tables of the figures by name and by series, and of the names and series that are shown, with their places. */
const SUMS = "explored_sums";
const ROWS = "explored_rows";
const SERIES = "explored_series";
const OF_ROWS = `(FROM ${SUMS} WHERE is_row)`;
const OF_SERIES = `(FROM ${SUMS} WHERE NOT is_row)`;

/**
 * Answers a question from rollups. All sums are exact, so the rows of any grouping add up to the same total. The rollups are read twice: first for the
 * sums of each name and each series, then for the parts of those that are shown. So no group needs the values of two properties at once.
 * @param files the rollups of all days of the span, at least one, as `flattenRollups` writes them
 */
export async function askRollups(duck: DuckDBConnection, files: readonly string[], asking: Asking, settings: QuestionSettings): Promise<Answer> {
  const { span, rows, columns, measure, top } = asking;
  const days = daysOf(span);
  const rollups = selectRollups(files, asking, settings);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${SUMS} AS SELECT grouping(name) = 0 AS is_row, name, ${columns === null ? "NULL::VARCHAR AS series" : "series"}, ${SUM_FIGURES}, epoch_ms(min(slot)) AS first, epoch_ms(max(slot)) AS last
    FROM ${rollups.sql} GROUP BY GROUPING SETS (${columns === null ? "(name)" : "(name), (series)"})`, rollups.values);
  const names = rows === DAY ? await placeDays(duck, ROWS, days) : await rankValues(duck, ROWS, { from: OF_ROWS, value: "name", measure, most: top });
  const series = columns === null && rows === DAY ? null
    : await rankValues(duck, SERIES, { ...(columns === null ? { from: OF_ROWS, value: "name" } : { from: OF_SERIES, value: "series" }), measure, most: MOST_SERIES });
  const found = await readRows(duck);
  const parts = series === null ? onePart(found, measure) : await sumParts(duck, rollups, { rows: ROWS, series: SERIES, measure, byRow: columns !== null && rows !== DAY });
  const width = series === null ? 1 : series.values.length + (series.others > 0 ? 1 : 0);
  const cellsOf = (of: Parts, place: number | null): (bigint | null)[] => Array.from({ length: width }, (_, part) => of.get(place)?.get(part) ?? null);
  const toRow = ({ place, first, last, ...figures }: FoundRow): AnswerRow => ({
    value: place === null ? null : (names.values[place] ?? null),
    figures: toFigures(figures),
    cells: columns === null ? [] : cellsOf(rows === DAY ? parts.byDay : parts.byRow, place),
    first: new Date(Number(first)),
    last: new Date(Number(last)),
  });
  const others = found.find(({ place }) => place === null);
  return {
    total: await readTotal(duck),
    rows: found.filter(({ place }) => place !== null).map(toRow),
    others: others === undefined ? null : { count: others.count, row: toRow(others) },
    series: series?.values ?? [],
    otherSeries: series?.others ?? 0,
    days: days.map((day, place) => ({ day, parts: cellsOf(parts.byDay, place).map((part) => part ?? 0n) })),
  };
}

const rowShape = z.object({ place: z.number().nullable(), count: z.number(), first: z.bigint(), last: z.bigint(), ...figureColumns });
type FoundRow = z.infer<typeof rowShape>;

/** Figures of the rows that are shown, by place, then of all others together. */
async function readRows(duck: DuckDBConnection): Promise<FoundRow[]> {
  const found = await duck.runAndReadAll(`SELECT place, count(*)::INTEGER AS count, min(first) AS first, max(last) AS last, ${ADD_FIGURES}
    FROM ${OF_ROWS} LEFT JOIN ${ROWS} ON name IS NOT DISTINCT FROM value GROUP BY place ORDER BY place NULLS LAST`);
  return z.array(rowShape).parse(found.getRowObjectsJS());
}

async function readTotal(duck: DuckDBConnection): Promise<Answer["total"]> {
  const found = await duck.runAndReadAll(`SELECT ${ADD_FIGURES} FROM ${OF_ROWS}`);
  return toFigures(z.tuple([z.object(figureColumns)]).parse(found.getRowObjectsJS())[0]);
}

/** The parts of days that are not divided: the days are the rows. */
function onePart(days: readonly FoundRow[], measure: Measure): { byDay: Parts; byRow: Parts } {
  return { byDay: new Map(days.map((day) => [day.place, new Map([[0, day[measure]]])])), byRow: new Map() };
}

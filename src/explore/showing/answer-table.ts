import { html } from "hono/html";
import { NO_CELL, scrollingTable } from "../../chargeback/page/tables.ts";
import { formatCount, type Html } from "../../chargeback/page/cells.ts";
import { type CsvColumn, textColumn, writeCsv, neutralise } from "../../ledger/text/csv-cells.ts";
import { NO_VALUE } from "../../chargeback/report/summarise-allocations.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import type { Answer, AnswerRow } from "../asking/answer.ts";
import { type Measure, MEASURE_TITLES, MEASURES, type Question, type QuestionSettings } from "../question/question.ts";
import { csvFigure, csvName, figureCells } from "./figure-cells.ts";
import { drillInto, EXPLORE, linkTo } from "./links.ts";
import { showMinute, showValue, titleOf } from "./words.ts";

/** Whether a row is about one value, about requests without the property, or adds up all other values. */
type Kind = "value" | "none" | "others";

interface TableRow extends Omit<AnswerRow, "value"> {
  kind: Kind;
  value: string;
}

/** The rows of the table, in their order. They add up to the total. */
function rowsOf({ rows, others }: Answer): TableRow[] {
  return [
    ...rows.map((row): TableRow => (row.value === null ? { ...row, kind: "none", value: NO_VALUE } : { ...row, kind: "value", value: row.value })),
    ...(others === null ? [] : [{ ...others.row, kind: "others" as const, value: OTHERS }]),
  ];
}

/** Other figures than the measure, which has the first column. */
function restOf({ measure }: Question): Measure[] {
  return MEASURES.filter((other) => other !== measure);
}

/** The series that are columns; null is the column of all others. */
function columnsOf({ columns }: Question, { series, otherSeries }: Answer): { value: string | null; isOthers: boolean }[] {
  if (columns === null) return [];
  return [...series.map((value) => ({ value, isOthers: false })), ...(otherSeries > 0 ? [{ value: null, isOthers: true }] : [])];
}

/** The answer as a table. Each name leads to the question about it. */
export function renderTable(question: Question, answer: Answer, settings: QuestionSettings): Html {
  const { timezone } = settings;
  const rows = rowsOf(answer);
  const figures = rows.map((row) => row.figures);
  const columns = columnsOf(question, answer);
  const printed = [
    figureCells({ measure: question.measure, amounts: figures.map((row) => row[question.measure]), total: answer.total[question.measure] }, figures),
    ...columns.map((_, index) => {
      const amounts = rows.map(({ cells }) => cells[index] ?? null);
      return figureCells({ measure: question.measure, amounts, total: amounts.reduce((sum, amount) => (amount === null ? sum : (sum ?? 0n) + amount), null) }, []);
    }),
    ...restOf(question).map((measure) => figureCells({ measure, amounts: figures.map((row) => row[measure]), total: answer.total[measure] }, figures)),
  ];
  const title = titleOf(question.rows, settings);
  return scrollingTable(`${MEASURE_TITLES[question.measure]} by ${title}`, {
    caption: `One row per ${title.toLowerCase()}${question.columns === null ? "" : `, ${MEASURE_TITLES[question.measure].toLowerCase()} by ${titleOf(question.columns, settings).toLowerCase()}`}; first and last quarter of an hour with requests, ${timezone}`,
    columns: [
      { title },
      { title: MEASURE_TITLES[question.measure], figure: true },
      ...columns.map(({ value, isOthers }) => ({ title: isOthers ? `${formatCount(answer.otherSeries)} others` : showValue(value, 60), figure: true })),
      ...restOf(question).map((measure) => ({ title: MEASURE_TITLES[measure], figure: true })),
      { title: "First" }, { title: "Last" },
    ],
    rows: rows.map((row, index) => ({
      header: nameOf(question, row, answer, settings),
      cells: [...printed.map((cells) => cells[index] ?? NO_CELL), ...[row.first, row.last].map((time) => html`<td class="time"><time datetime="${time.toISOString()}">${showMinute(time, timezone)}</time></td>`)],
    })),
    foot: { header: "Total", cells: [...printed.map((cells) => cells.at(-1) ?? NO_CELL), NO_CELL, NO_CELL] },
    style: "allocated explored",
  });
}

function nameOf(question: Question, { kind, value }: TableRow, { others }: Answer, settings: QuestionSettings): Html {
  if (kind === "others") return html`<em>${formatCount(others?.count ?? 0)} others</em>`;
  const own = kind === "none" ? null : value;
  const into = drillInto(question, question.rows, own, settings);
  return into === undefined ? showValue(own) : html`<a href="${linkTo(EXPLORE, into)}">${showValue(own)}</a>`;
}

/** The rows and columns of the table as CSV, with exact figures. Names are safe to open in a spreadsheet. */
export function renderTableCsv(question: Question, answer: Answer): string {
  const series = columnsOf(question, answer).map(({ value, isOthers }, index): CsvColumn<TableRow> => ({
    name: neutralise(`${csvName(question.measure)}: ${isOthers ? OTHERS : (value ?? NO_VALUE)}`),
    read: ({ cells }) => csvFigure(question.measure, cells[index] ?? null),
  }));
  return writeCsv<TableRow>([
    { name: "row", read: ({ kind }) => kind },
    textColumn(question.rows, ({ value }) => value),
    csvColumn(question.measure),
    ...series,
    ...restOf(question).map(csvColumn),
    { name: "first", read: ({ first }) => first.toISOString() },
    { name: "last", read: ({ last }) => last.toISOString() },
  ], rowsOf(answer));
}

function csvColumn(measure: Measure): CsvColumn<TableRow> {
  return { name: csvName(measure), read: ({ figures }) => csvFigure(measure, figures[measure]) };
}

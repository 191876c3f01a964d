import { html } from "hono/html";
import { formatCount, type Html } from "../../chargeback/page/cells.ts";
import { NO_CELL, scrollingTable, section } from "../../chargeback/page/tables.ts";
import { type CsvColumn, textColumn, writeCsv } from "../../ledger/text/csv-cells.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import { NO_VALUE } from "../../chargeback/report/summarise-allocations.ts";
import type { SessionRow, SessionsAnswer } from "../asking/ask-sessions.ts";
import type { Explorer, ExploredSessions } from "../open-explorer.ts";
import { type Figures, MEASURE_TITLES, MEASURES, type Question, type QuestionSettings } from "../question/question.ts";
import { renderCoverage } from "./coverage.ts";
import { renderTotals } from "./explore-page.ts";
import { csvFigure, csvName, figureCells } from "./figure-cells.ts";
import { EXPLORE, linkTo, SESSIONS, SESSIONS_CSV } from "./links.ts";
import { renderFilters } from "./question-form.ts";
import { showMinute, showSpan, showValue } from "./words.ts";

/** The body of the page with the sessions of a question. */
export function renderSessions(question: Question, { asked, coverage, answer }: ExploredSessions, { settings }: Pick<Explorer, "settings">): Html {
  const isEmpty = answer === null || (answer.rows.length === 0 && answer.without === null);
  return html`<p class="lead">The sessions with the largest ${MEASURE_TITLES[question.measure].toLowerCase()}, ${showSpan(asked.span)} (${settings.timezone})</p>
${renderFilters(question, SESSIONS, settings)}
<ul class="links"><li><a href="${linkTo(EXPLORE, question)}">Back to the question</a></li>${isEmpty ? "" : html`<li><a href="${linkTo(SESSIONS_CSV, question)}">These sessions as CSV</a></li>`}</ul>
${isEmpty ? html`<p><strong>No request meets the question.</strong></p>` : renderAnswer(question, answer, settings)}
${renderCoverage(coverage, settings)}`;
}

function renderAnswer(question: Question, answer: SessionsAnswer, settings: QuestionSettings): Html {
  const { others } = answer;
  return html`${renderTotals(question, answer.total, linkTo(EXPLORE, { ...question, rows: "model", columns: null, measure: "unpriced_requests" }))}
${section("sessions", "Sessions", html`<p class="quiet">${others === null ? `All ${formatCount(answer.rows.length)} sessions.` : `${formatCount(answer.rows.length)} of ${formatCount(answer.rows.length + others.count)} sessions; the others are added up in one row.`} A session used by several callers has a row for each.</p>
${renderTable(question, answer, settings)}`)}`;
}

function renderTable({ measure }: Question, answer: SessionsAnswer, { timezone }: QuestionSettings): Html {
  const sums = sumRows(answer);
  const figures = [...answer.rows.map((row) => row.figures), ...sums.map((row) => row.figures)];
  const order = [measure, ...MEASURES.filter((other) => other !== measure)];
  const printed = order.map((of) => figureCells({ measure: of, amounts: figures.map((row) => row[of]), total: answer.total[of] }, figures));
  const cellsAt = (row: number): Html[] => printed.map((cells) => cells.at(row) ?? NO_CELL);
  return scrollingTable("Sessions", {
    caption: `One row per session and caller, the largest first; times of the first and the last request, ${timezone}`,
    columns: [{ title: "Session" }, { title: "Caller" }, ...order.map((of) => ({ title: MEASURE_TITLES[of], figure: true })), { title: "Models" }, { title: "First" }, { title: "Last" }, { title: "Gateway" }],
    rows: [
      ...answer.rows.map((row, index) => ({
        header: html`<span class="code">${showValue(row.session)}</span>`,
        cells: [html`<td class="who">${showValue(row.caller)}</td>`, ...cellsAt(index), html`<td class="models">${row.modelsShown.map((model, at) => html`${at === 0 ? "" : ", "}${showValue(model, 60)}`)}${row.models > row.modelsShown.length ? ` and ${String(row.models - row.modelsShown.length)} more` : ""}</td>`,
          ...[row.first, row.last].map((time) => html`<td class="time"><time datetime="${time.toISOString()}">${showMinute(time, timezone)}</time></td>`), html`<td>${showValue(row.instance)}</td>`],
      })),
      ...sums.map(({ title }, index) => ({ header: html`<em>${title}</em>`, cells: [NO_CELL, ...cellsAt(answer.rows.length + index), NO_CELL, NO_CELL, NO_CELL, NO_CELL] })),
    ],
    foot: { header: "Total", cells: [NO_CELL, ...cellsAt(-1), NO_CELL, NO_CELL, NO_CELL, NO_CELL] },
    style: "allocated explored",
  });
}

function sumRows({ others, without }: SessionsAnswer): { title: string; name: string; kind: string; figures: Figures }[] {
  return [
    ...(others === null ? [] : [{ title: `${formatCount(others.count)} others`, name: OTHERS, kind: "others", figures: others.figures }]),
    ...(without === null ? [] : [{ title: "requests without a session", name: NO_VALUE, kind: "none", figures: without }]),
  ];
}

type CsvRow = Pick<SessionRow, "session" | "figures"> & { kind: string; row?: SessionRow };

/** The rows of the table as CSV, with exact figures. */
export function renderSessionsCsv(question: Question, answer: SessionsAnswer): string {
  const figures = [question.measure, ...MEASURES.filter((other) => other !== question.measure)];
  const rows: CsvRow[] = [...answer.rows.map((row): CsvRow => ({ kind: "session", session: row.session, figures: row.figures, row })), ...sumRows(answer).map(({ kind, name, figures: of }): CsvRow => ({ kind, session: name, figures: of }))];
  return writeCsv<CsvRow>([
    { name: "row", read: ({ kind }) => kind },
    textColumn("session", ({ session }) => session),
    ofSession("caller", ({ caller }) => caller),
    ...figures.map((measure): CsvColumn<CsvRow> => ({ name: csvName(measure), read: (row) => csvFigure(measure, row.figures[measure]) })),
    ofSession("models", ({ modelsShown, models }) => `${modelsShown.join(", ")}${models > modelsShown.length ? ` and ${String(models - modelsShown.length)} more` : ""}`),
    ofSession("first", ({ first }) => first.toISOString()),
    ofSession("last", ({ last }) => last.toISOString()),
    ofSession("instance", ({ instance }) => instance),
  ], rows);
}

/** A column that only sessions have. */
function ofSession(name: string, read: (row: SessionRow) => string): CsvColumn<CsvRow> {
  return textColumn(name, ({ row }) => (row === undefined ? "" : read(row)));
}

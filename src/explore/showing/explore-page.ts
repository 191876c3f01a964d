import { html } from "hono/html";
import { formatCount, type Html } from "../../chargeback/page/cells.ts";
import { type DrawChart, loadCharts } from "../../chargeback/page/draw-chart.ts";
import { countOf, section } from "../../chargeback/page/tables.ts";
import { formatCents, formatDollars, roundToCents, signDollar } from "../../ledger/money.ts";
import type { Answer } from "../asking/answer.ts";
import type { Explored, Explorer } from "../open-explorer.ts";
import { DAY, type Figures, isMoney, type Measure, MEASURE_TITLES, MEASURES, type Question, type QuestionSettings, TOPS } from "../question/question.ts";
import { daysOf } from "../asking/sql-day.ts";
import { renderChart } from "./answer-chart.ts";
import { renderTable } from "./answer-table.ts";
import { renderCoverage } from "./coverage.ts";
import { EXPLORE, EXPLORE_CSV, linkTo, SESSIONS } from "./links.ts";
import { renderFilters, renderForm } from "./question-form.ts";
import { showSpan, titleOf } from "./words.ts";

/** The body of the page with the answer to a question. */
export async function renderExplored(question: Question, { asked, coverage, answer, suggestions }: Explored, { settings, limits }: Pick<Explorer, "settings" | "limits">): Promise<Html> {
  const isEmpty = answer === null || answer.rows.length === 0;
  return html`<p class="lead">${describeQuestion(question, settings)}, ${showSpan(asked.span)} (${settings.timezone})</p>
${renderFilters(question, EXPLORE, settings)}
${renderForm(question, asked.span, suggestions, settings)}
${isEmpty ? renderNothing(question) : renderTotals(question, answer.total, linkTo(EXPLORE, { ...question, rows: "model", columns: null, measure: "unpriced_requests" }))}
${renderCoverage(coverage, settings)}
${isEmpty ? "" : renderAnswer(question, answer, settings, await loadCharts())}
${isEmpty ? "" : renderSessionsLink(question, daysOf(asked.span).length, limits.sessionDays)}`;
}

function describeQuestion({ measure, rows, columns }: Question, settings: QuestionSettings): string {
  return `${MEASURE_TITLES[measure]} by ${titleOf(rows, settings).toLowerCase()}${columns === null ? "" : ` and ${titleOf(columns, settings).toLowerCase()}`}`;
}

function renderNothing({ filters }: Question): Html {
  return html`<p><strong>No request in these days${filters.length === 0 ? "" : " meets all filters"}.</strong> ${filters.length === 0 ? "Choose other days." : "Remove a filter, or choose other days. A filter compares whole values, in upper and lower case as recorded."}</p>`;
}

function renderAnswer(question: Question, answer: Answer, settings: QuestionSettings, draw: DrawChart): Html {
  const { measure } = question;
  const rows = answer.rows.length + (answer.others?.count ?? 0);
  const more = TOPS.filter((top, index) => top > question.top && (TOPS[index - 1] ?? 0) + 1 < rows);
  return html`${section("by-day", "Day by day", renderChart(question, answer, settings, draw))}
${section("table", `By ${titleOf(question.rows, settings).toLowerCase()}`, html`${question.rows === DAY ? "" : html`<p class="quiet">${MEASURE_TITLES[measure]}, the largest first. Choose a name to see only its requests.</p>`}
${renderTable(question, answer, settings)}
<ul class="links"><li><a href="${linkTo(EXPLORE_CSV, question)}">This table as CSV</a></li>${more.map((top) => html`<li><a href="${linkTo(EXPLORE, { ...question, top })}#table">Show ${String(top)} rows</a></li>`)}</ul>`)}`;
}

/** The measure in large, and all other figures. @param unpriced link to the requests without a price */
export function renderTotals({ measure }: Pick<Question, "measure">, total: Figures, unpriced: string): Html {
  const others = MEASURES.filter((other) => other !== measure && (other !== "unpriced_requests" || (total[other] ?? 0n) > 0n));
  const gaps = total.unpriced_requests ?? 0n;
  return html`<p class="hero"><span>${MEASURE_TITLES[measure]}</span><strong>${showFigure(measure, total[measure])}</strong></p>
<dl class="stats">${others.map((other) => html`<div><dt>${MEASURE_TITLES[other]}</dt><dd>${showFigure(other, total[other])}</dd></div>`)}</dl>
${gaps === 0n ? "" : html`<div class="lacks" role="note"><p>${countOf(gaps, "request")} ${gaps === 1n ? "has no price, so its cost is" : "have no price, so their cost is"} not in any sum. <a href="${unpriced}">Which models?</a></p></div>`}`;
}

function showFigure(measure: Measure, amount: bigint | null): Html | string {
  if (!isMoney(measure)) return formatCount(amount ?? 0n);
  if (amount === null) return html`<span class="gap">${measure === "cost" ? "not priced" : "–"}</span>`;
  return html`<data value="${formatDollars(amount)}" title="${signDollar(formatDollars(amount))}">${signDollar(formatCents(roundToCents([amount]).total))}</data>`;
}

function renderSessionsLink(question: Question, days: number, most: number): Html {
  if (days > most) return html`<p class="quiet">Sessions are listed for at most ${String(most)} days: choose fewer days to see them.</p>`;
  return html`<p><a href="${linkTo(SESSIONS, question)}">The sessions behind these figures</a></p>`;
}

import { format } from "date-fns/format";
import { html } from "hono/html";
import { dividedDrawing, type StackedPart } from "../../chargeback/page/bar-charts.ts";
import { formatCount, type Html } from "../../chargeback/page/cells.ts";
import type { DrawChart } from "../../chargeback/page/draw-chart.ts";
import { formatCents, formatDollars, roundToCents, signDollar } from "../../ledger/money.ts";
import type { Answer } from "../asking/answer.ts";
import { DAY, isMoney, MEASURE_TITLES, type Measure, type Question, type QuestionSettings } from "../question/question.ts";
import { drillInto, EXPLORE, linkTo } from "./links.ts";
import { showValue } from "./words.ts";

const COLORS = ["series_1", "series_2", "series_3", "series_4", "series_5", "series_6", "series_7"] as const;
const OTHER_COLOR = "series_others";
/** Labels of days that fit below a chart. */
const SIZES = [
  { id: "wide", width: 960, height: 260, labels: 16, lines: 5 },
  { id: "narrow", width: 360, height: 230, labels: 5, lines: 4 },
] as const;

/** The measure by day, with a legend whose names lead to the questions about them. */
export function renderChart(question: Question, { days, series, otherSeries }: Answer, settings: QuestionSettings, draw: DrawChart): Html {
  const { measure } = question;
  const colors = [...COLORS.slice(0, series.length), ...(series.length === 0 ? [COLORS[0]] : otherSeries > 0 ? [OTHER_COLOR] as const : [])];
  const parts = colors.map((color, index): StackedPart => ({ color, amounts: days.map((day) => toNumber(measure, day.parts[index] ?? 0n)) }));
  const names = days.map(({ day }) => format(new Date(`${day}T00:00:00`), "d MMM"));
  const grouping = question.columns ?? question.rows;
  const legend = series.map((value, index) => {
    const into = drillInto(question, grouping, value, settings);
    return html`<li><span class="swatch chart-${classOf(colors[index])}"></span>${into === undefined ? showValue(value, 60) : html`<a href="${linkTo(EXPLORE, into)}">${showValue(value, 60)}</a>`}</li>`;
  });
  return html`<figure>
${SIZES.map(({ id, width, height, labels, lines }) => html`<div class="${id}">${draw({
    id: `days-${id}`, title: `${MEASURE_TITLES[measure]} by day`, description: describeDays(question, days), width, height,
    drawing: dividedDrawing(names, parts, { labelEvery: Math.ceil(days.length / labels), lines, sign: isMoney(measure) ? "$" : "" }),
  })}</div>`)}
${series.length === 0 ? "" : html`<ul class="legend">${legend}${otherSeries > 0 ? html`<li><span class="swatch chart-series-others"></span>${formatCount(otherSeries)} others</li>` : ""}</ul>`}
</figure>
${question.rows === DAY ? "" : html`<p><a href="${linkTo(EXPLORE, { ...question, rows: DAY })}">The figures of the chart as a table</a></p>`}`;
}

function classOf(color: (typeof COLORS)[number] | typeof OTHER_COLOR | undefined): string {
  return (color ?? OTHER_COLOR).replace("_", "-");
}

/** A drawing needs no exact number. */
function toNumber(measure: Measure, amount: bigint): number {
  return isMoney(measure) ? Number(formatDollars(amount)) : Number(amount);
}

function describeDays({ measure }: Question, days: Answer["days"]): string {
  const sums = days.map(({ day, parts }) => ({ day, sum: parts.reduce((sum, part) => sum + part, 0n) }));
  const highest = sums.reduce<(typeof sums)[number] | undefined>((best, one) => (best === undefined || one.sum > best.sum ? one : best), undefined);
  const bars = days.length === 1 ? "One bar" : `One bar for each of ${formatCount(days.length)} days`;
  if (highest === undefined || highest.sum === 0n) return `${bars}; all are zero.`;
  return `${bars}; the highest is ${highest.day} with ${isMoney(measure) ? signDollar(formatCents(roundToCents([highest.sum]).total)) : formatCount(highest.sum)}.`;
}

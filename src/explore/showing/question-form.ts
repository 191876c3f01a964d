import { html } from "hono/html";
import type { Html } from "../../chargeback/page/cells.ts";
import type { Suggestions } from "../asking/suggest-values.ts";
import { filterParameters } from "../question/format-question.ts";
import { type Property, propertiesOf } from "../question/property.ts";
import { DAY, type DaySpan, MEASURE_TITLES, MEASURES, type Preset, PRESETS, type Question, type QuestionSettings, TOPS } from "../question/question.ts";
import { EXPLORE, linkTo, removeFilter } from "./links.ts";
import { showValue, titleOf } from "./words.ts";

const PRESET_TITLES: Readonly<Record<Preset, string>> = { this_month: "This month", last_month: "Last month", "30_days": "Last 30 days" };

/** Links to the same question about other days. They follow the calendar, while the form names days. */
function renderPresets(question: Question): Html {
  return html`<ul class="links days" aria-label="Days">${PRESETS.map((preset) => html`<li>${question.span === preset ? html`<strong>${PRESET_TITLES[preset]}</strong>` : html`<a href="${linkTo(EXPLORE, { ...question, span: preset })}">${PRESET_TITLES[preset]}</a>`}</li>`)}</ul>`;
}

/** The filters of a question, each with a link without it. */
export function renderFilters(question: Question, path: string, settings: QuestionSettings): Html | string {
  const filters = question.filters.flatMap(({ property, values, lacking }) => [...values.map((value) => ({ property, value })), ...(lacking ? [{ property, value: null }] : [])]);
  if (filters.length === 0) return "";
  return html`<ul class="filters" aria-label="Filters">${filters.map(({ property, value }) => html`<li><span>${titleOf(property, settings)}: ${showValue(value)}</span><a href="${linkTo(path, removeFilter(question, property, value))}">remove<span class="unseen"> ${titleOf(property, settings)} ${showValue(value, 40)}</span></a></li>
`)}</ul>`;
}

/** The form of a question. It works without script: what is sent is the link of the next question. */
export function renderForm(question: Question, span: DaySpan, suggestions: Suggestions, settings: QuestionSettings): Html {
  const properties = propertiesOf(settings.dimensions);
  const groupings = properties.filter(({ isGrouping }) => isGrouping).map(({ name, title }): [string, string] => [name, title]);
  return html`<form class="ask" action="${EXPLORE}" method="get">
${renderPresets(question)}
<div class="fields">
<label>From <input type="date" name="from" value="${span.from}" required></label>
<label>To <input type="date" name="to" value="${span.to}" required></label>
<label>Rows <select name="rows">${options([...groupings, [DAY, titleOf(DAY, settings)]], question.rows)}</select></label>
<label>Columns <select name="columns">${options([["", "no columns"], ...groupings], question.columns ?? "")}</select></label>
<label>Figures <select name="measure">${options(MEASURES.map((measure) => [measure, MEASURE_TITLES[measure]]), question.measure)}</select></label>
</div>
<details><summary>Add a filter</summary>
<div class="fields">
${properties.map((property) => renderField(property, suggestions.get(property.name) ?? []))}</div>
</details>
${filterParameters(question.filters).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${question.top === TOPS[0] ? "" : html`<input type="hidden" name="top" value="${String(question.top)}">`}
<button type="submit">Show</button>
</form>`;
}

function renderField({ name, title, values }: Property, suggested: readonly string[]): Html {
  if (values !== undefined) return html`<label>${title} <select name="${name}">${options([["", "all"], ...values.map((value): [string, string] => [value, value])], "")}</select></label>
`;
  return html`<label>${title} <input name="${name}" list="values-${name}" autocomplete="off" spellcheck="false"></label><datalist id="values-${name}">${suggested.map((value) => html`<option value="${value}"></option>`)}</datalist>
`;
}

function options(all: readonly (readonly [value: string, title: string])[], chosen: string): Html[] {
  return all.map(([value, title]) => html`<option value="${value}"${value === chosen ? html` selected` : ""}>${title}</option>`);
}

import { html } from "hono/html";
import { formatCount, type Html, showName } from "../../chargeback/page/cells.ts";
import { amountCell, GAP_CELL, scrollingTable, section, showAmount } from "../../chargeback/page/tables.ts";
import { describeProblem } from "../../health/conditions/health-words.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import type { Forecast } from "../../limits/budgets/forecast.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import type { LiveEstimate, NoEstimate } from "../../limits/live/live-estimate.ts";
import { showEstimate } from "../../limits/live/show-estimate.ts";
import type { Overview } from "../../run/read-overview.ts";
import type { Kept } from "../kept-reading.ts";
import { titleOfMonth } from "../current-report.ts";
import { toReportPath } from "../report-files.ts";
import type { LastPull } from "./last-pull.ts";

/** What the home page shows. */
export interface HomeView {
  overview: Kept<Overview>;
  /** Undefined where Redis does not answer. */
  lastPull: LastPull | null | undefined;
  /** Undefined where hooks are not taken; null where the estimates cannot be read. */
  live: readonly (LiveEstimate | NoEstimate)[] | null | undefined;
}

/** The state of the ledger: what is wrong, then the figures, then budgets and gateways. */
export function renderHome({ overview: { value, at }, lastPull, live }: HomeView): Html {
  return html`<p class="quiet">As of ${showMinute(at.toISOString())}. Version ${value.version}.</p>
${renderConditions(value)}
${renderFigures(value, lastPull)}
${"problem" in value.spending ? warn(html`<p>The month to date and the budgets cannot be read: ${shownText(value.spending.problem)}</p>`) : renderBudgets(value.spending.budgets, live)}
${renderGateways(value)}`;
}

/** `2026-10-31 12:00 UTC` */
function showMinute(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

function warn(content: Html): Html {
  return html`<div class="notice warn" role="note">${content}</div>`;
}

function renderConditions({ status: { health } }: Overview): Html {
  if (health.length === 0) return html`<div class="notice"><p>No condition of the ledger is open.</p></div>`;
  return warn(html`<p>${String(health.length)} ${health.length === 1 ? "condition of the ledger is" : "conditions of the ledger are"} open:</p>
<ul>${health.map((condition) => html`<li><span>${showName(condition.subject)}: ${shownText(describeProblem(condition, condition.members))} <span class="quiet">since ${showMinute(condition.since)}</span></span> <span class="quiet">${shownText(condition.remedy, 300)}</span></li>
`)}</ul>`);
}

function renderFigures(overview: Overview, lastPull: LastPull | null | undefined): Html {
  const { status: { exports, records, days, damaged, months } } = overview;
  const isStale = exports.stale + days.stale.length + months.stale.length;
  return html`<dl class="stats">
${figure("Last pull", ...describePull(lastPull))}
${figure("Exports waiting", formatCount(exports.waiting), `${formatCount(exports.ingested)} ingested`)}
${figure("Stale", isStale === 0 ? "nothing" : `${formatCount(days.stale.length)} days`, isStale === 0 ? undefined : `${formatCount(exports.stale)} exports, ${formatCount(months.stale.length)} months; the next run makes them again`)}
${figure("Quarantined", `${formatCount(records.quarantined)} records`, damaged.length === 0 ? undefined : `${formatCount(damaged.length)} damaged exports`)}
${renderMonth(overview)}
${renderReport(overview)}
${figure("Last verification", ...describeVerification(overview))}
</dl>`;
}

function figure(title: string, value: Html | string, more?: Html | string): Html {
  return html`<div><dt>${title}</dt><dd>${value}${more === undefined ? "" : html`<small>${more}</small>`}</dd></div>`;
}

function describePull(lastPull: LastPull | null | undefined): [Html | string, string?] {
  if (lastPull === undefined) return ["unknown", "Redis does not answer"];
  if (lastPull === null) return ["none known", "Redis has no completed pull"];
  const at = showMinute(lastPull.at.toISOString());
  return lastPull.seen === null ? [at] : [at, `${formatCount(lastPull.seen)} exports seen`];
}

function renderMonth({ spending }: Overview): Html {
  if ("problem" in spending) return figure("Month to date", "unknown");
  const { month, asOf } = spending;
  if (month === null) return figure("Month to date", "nothing yet", "the month has no allocations");
  const data = asOf === null ? "" : html`data up to ${showMinute(asOf.toISOString())}`;
  const count = Math.ceil(month.unpricedRequests);
  const unpriced = count === 0 ? "" : html`<br>${formatCount(count)} ${count === 1 ? "request has" : "requests have"} no price`;
  return html`${figure(`${titleOfMonth(month.month)} to date`, showAmount(month.owed), html`${data}${unpriced}`)}
${month.forecast === null ? "" : renderForecast(month.forecast)}`;
}

function renderForecast({ expected, low, high }: Forecast): Html {
  return figure("Forecast of the month", showAmount(expected), low === high ? undefined : html`${showAmount(low)} to ${showAmount(high)}`);
}

function renderReport({ lastReport }: Overview): Html {
  if (lastReport === null) return figure("Last report", "none yet", "aperture-ledger chargeback writes one");
  const { month, page, status, dataUntil } = lastReport;
  return figure("Last report", html`<a href="${toReportPath(page)}">${titleOfMonth(month)}</a>`, html`${status ?? "of an earlier version"}${dataUntil === null ? "" : html`, data up to ${showMinute(dataUntil)}`}`);
}

function describeVerification({ lastVerification: noted }: Overview): [Html | string, Html | string] {
  if (noted === null) return ["none noted", "aperture-ledger archive verify --record records one"];
  const found = noted.findings === 0 ? "nothing found" : html`<span class="over">${formatCount(noted.findings)} findings</span>`;
  return [showMinute(noted.checked_at), html`${found}, ${noted.whole ? "the whole archive" : "a part of the archive"}; ${noted.recorded === null ? "noted in the lake" : html`recorded in the chain, signed, by ${showName(noted.recorded.by)}`}`];
}

function renderBudgets(budgets: readonly LimitState[], live: HomeView["live"]): Html | string {
  if (budgets.length === 0) return "";
  const isLive = live !== undefined;
  const titles = ["Used", "Limit", "Used %", "Forecast"];
  return section("budgets", "Budgets", html`${scrollingTable("Budgets", {
    caption: isLive ? "Budgets in force by the built days; live estimates are provisional, and the ledger decides" : "Budgets in force by the built days",
    columns: [{ title: "Budget" }, ...titles.map((title) => ({ title, figure: true })), ...(isLive ? [{ title: "Live estimate" }] : [])],
    rows: budgets.map((state) => ({
      header: html`${showName(state.name)} <span class="quiet">${showName(state.period.name)}</span>`,
      cells: [
        amountCell(state.spent),
        amountCell(state.amount),
        html`<td class="figure${state.spent > state.amount ? " over" : ""}">${state.percent.toFixed(1)} %${state.spent > state.amount ? " (over)" : ""}</td>`,
        state.forecast === null ? GAP_CELL : amountCell(state.forecast.expected),
        ...(isLive ? [html`<td class="words">${showLive(state, live)}</td>`] : []),
      ],
    })),
  })}`);
}

function showLive(state: LimitState, live: readonly (LiveEstimate | NoEstimate)[] | null): Html | string {
  if (live === null) return "no live estimate now";
  const found = live.find((one) => one.state.name === state.name);
  return found === undefined ? "no live estimate" : shownText(showEstimate(found), 300);
}

function renderGateways({ newest, status: { days, health } }: Overview): Html | string {
  if (newest.length === 0) return "";
  const silent = new Set(health.flatMap(({ kind, subject }) => (kind === "exports_silent" ? [subject] : [])));
  const staleOf = (instance: string): number => days.stale.filter((day) => day.slice("2026-10-31 ".length) === instance).length;
  return section("gateways", "Gateways", html`${scrollingTable("Gateways", {
    caption: "How far the ledger has each gateway",
    columns: [{ title: "Gateway" }, { title: "Newest export" }, { title: "Stale days", figure: true }],
    rows: newest.map(({ instance, time }) => ({
      header: showName(instance),
      cells: [html`<td>${time === null ? "none so far" : showMinute(time)}${silent.has(instance) ? html` <span class="over">no exports arrive</span>` : ""}</td>`, html`<td class="figure">${formatCount(staleOf(instance))}</td>`],
    })),
  })}`);
}

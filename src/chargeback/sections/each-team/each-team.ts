import { html } from "hono/html";
import type { Nanodollars } from "../../../ledger/money.ts";
import { OTHERS } from "../../../ledger/names/unassigned.ts";
import { type Billing, type CallerType, isListValue, mapBillings } from "../../../ledger/usage/usage-record.ts";
import { STACKED } from "../../page/bar-charts.ts";
import { type Html, showName } from "../../page/cells.ts";
import type { DrawChart } from "../../page/draw-chart.ts";
import { renderOwn } from "../../page/own-table.ts";
import { showAmount } from "../../page/tables.ts";
import { type AllocatedFigures, type AllocatedRow, type AllocatedSummary, sumListValue } from "../../report/allocation-figures.ts";
import { allocatedRowsToJson, allocatedToJson, amountToJson } from "../../report/figures-json.ts";
import type { PrintedOfTeam } from "../../report/printed-allocations.ts";
import type { ChangeDriver } from "../../report/drivers.ts";
import type { RoundAmount } from "../../report/rounding.ts";
import { type DimensionKey, NO_VALUE } from "../../report/summarise-allocations.ts";
import { figureRows, type SummaryRow } from "../../report/summary-row.ts";
import { roundBooked, type TeamBooking } from "../../report/bookings.ts";
import { type AveragesBefore, averageRows, averagesToJson, renderAverages } from "./averages.ts";
import { type BudgetFigures, budgetRows, budgetToJson, renderBudgets } from "../budgets.ts";
import { changeRows, changeToJson, type CostChange, driverRows, driverToJson, phraseChange, phraseDrivers } from "../change.ts";
import { type DayFigures, dayRow, dayTable, dayToJson, drawDays, renderLegend, usedKinds } from "../days.ts";
import { dimensionToJson } from "../owed-by-dimension.ts";
import { renderSessions, type SessionFigures, sessionRow, sessionToJson } from "../sessions.ts";

export interface TeamDetail {
  team: string;
  costCenter: string | null;
  figures: AllocatedFigures;
  /** Change of the team, across its cost centres. */
  change: CostChange | null;
  /** The main drivers of the change. */
  drivers: readonly ChangeDriver[];
  /** Null unless whole months are compared. */
  averagesBefore: AveragesBefore | null;
  /** Budgets that no other team shares. */
  budgets: BudgetFigures[];
  byCaller: AllocatedSummary<{ caller: string; callerType: CallerType }>;
  byTag: AllocatedSummary<{ tag: string }>;
  byDimension: { name: string; rows: AllocatedSummary<DimensionKey> }[];
  byModel: AllocatedSummary<{ provider: string; model: string }>;
  /** Null where requests do not name their agent. */
  byAgent: AllocatedSummary<{ agent: string | null }>;
  /** People, not devices, with at least one request that the team pays for; null where a report does not show their number because they are few. */
  activePersons: number | null;
  /** What is owed per active person; null without any. */
  perActivePerson: Nanodollars | null;
  /** Sessions with a request that the team pays at least a part of; null as above. */
  sessions: number | null;
  /** What is owed for requests of sessions, per session; null without any. */
  perSession: Nanodollars | null;
  topSessions: SessionFigures[];
  days: DayFigures[];
}

interface TeamLook {
  /** Id of the heading, unique on the page. */
  id: string;
  /** Most rows of a table. */
  limit: number;
  timezone: string;
  /** Whether the table of days is printed too. */
  printDays: boolean;
  draw: DrawChart;
  /** The person responsible for each team. */
  owners: ReadonlyMap<string, string>;
}

/** Everything about one team: where its cost comes from, its cost per person and session, its budgets and days. */
export function renderTeam(booking: TeamBooking & PrintedOfTeam, look: TeamLook): Html | string {
  const { key, detail, owed, listValue, listValues, requests, toBook, corrections } = booking;
  if (detail === undefined) return "";
  const { id, limit } = look;
  const round = roundBooked(booking);
  const owner = look.owners.get(key.team);
  const listed = sumListValue(detail.figures);
  const ownKeys = detail.figures.billing.caller_key;
  const totals = { figures: detail.figures, owed: owed.cents, listValue, requests };
  const own = <Key>(rows: readonly AllocatedRow<Key>[], title: string, show: (key: Key) => Html | string): Html | string =>
    rows.length === 0 ? "" : renderOwn(rows, { title, limit, show }, totals);
  return html`<div class="team">
<h3 id="${id}">${showName(key.team)}${key.costCenter === null ? "" : html` <span class="quiet">${showName(key.costCenter)}</span>`}</h3>
<dl class="facts">
${owner === undefined ? "" : html`<div><dt>Owner</dt><dd class="phrase">${showName(owner)}</dd></div>`}
<div><dt>Owed</dt><dd>${showAmount(owed.exact, owed.cents)}</dd></div>
${corrections.exact === 0n ? "" : html`<div><dt>To book, with corrections</dt><dd>${showAmount(toBook.exact, toBook.cents)}</dd></div>`}
${detail.figures.charges === null ? "" : html`<div><dt>Including charges other than usage</dt><dd>${showAmount(detail.figures.charges, round(detail.figures.charges))}</dd></div>
`}${listed.cost === null ? "" : html`<div><dt>List value</dt><dd>${showAmount(listed.cost, listValue)}</dd></div>`}
${ownKeys.cost === null ? "" : html`<div><dt>Of that through callers’ own keys</dt><dd>${showAmount(ownKeys.cost, listValues.caller_key)}</dd></div>`}
${detail.change === null ? "" : html`<div><dt>Change</dt><dd class="phrase">${phraseChange(detail.change, look.timezone, round)}${phraseDrivers(detail.drivers)}</dd></div>`}
${renderAverages(detail, round)}
</dl>
${renderTeamDays(detail, { listValues, requests }, look, round)}
<div class="own">
${detail.budgets.length === 0 ? "" : renderBudgets(detail.budgets, round, detail.figures.adjustments !== null)}
${own(detail.byCaller, "Caller", ({ caller }) => showName(caller))}
${own(detail.byModel, "Model", ({ model, provider }) => html`${showName(model)} <span class="quiet">${showName(provider)}</span>`)}
${own(detail.byTag, "Tag", ({ tag }) => showName(tag))}
${detail.byDimension.map(({ name, rows }) => own(rows, name, ({ value, given }) => (given ? showName(value) : html`<em>${NO_VALUE}</em>`)))}
${own(detail.byAgent, "Agent", ({ agent }) => (agent === null ? html`<em>unknown</em>` : showName(agent)))}
</div>
${detail.topSessions.length === 0 ? "" : renderSessions(detail.topSessions, { title: "Top sessions", timezone: look.timezone, limit, round })}
</div>
`;
}

function renderTeamDays({ days, figures }: TeamDetail, { listValues, requests }: Pick<PrintedOfTeam, "listValues" | "requests">, { id, draw, printDays }: TeamLook, round: RoundAmount): Html | string {
  const used = days.filter((day) => day.requests > 0n || STACKED.some((kind) => day.billing[kind] !== 0n));
  if (used.length === 0) return "";
  const kinds = usedKinds(used);
  // Prints the same amounts and requests as the team's other tables, where the days add up to them.
  const totals = mapBillings((kind) => (isListValue(kind) && sumOf(used, kind) === figures.billing[kind].cost ? listValues[kind] : round(sumOf(used, kind))));
  const chart = used.every(({ date }) => date === OTHERS) ? "" : html`<figure class="few">${drawDays(draw, `${id}-days`, days, { width: 620, height: 130, labelEvery: 5, lines: 2 })}${kinds.length > 1 ? renderLegend(kinds) : ""}</figure>`;
  return html`${chart}
<details${printDays ? html` class="printed"` : ""}><summary>Days as a table</summary>${dayTable(used, totals, used.reduce((sum, day) => sum + day.requests, 0n) === figures.requests ? requests : undefined)}</details>`;
}

function sumOf(days: readonly DayFigures[], kind: Billing): bigint {
  return days.reduce((sum, { billing }) => sum + billing[kind], 0n);
}

export function teamRows({ team, costCenter, ...of }: TeamDetail): SummaryRow[] {
  const center = costCenter ?? "";
  return [
    ...changeRows(team, of.change),
    ...driverRows(team, of.drivers),
    ...of.budgets.flatMap((budget) => budgetRows(team, budget)),
    ...figureRows("team caller", team, of.byCaller, ({ caller, callerType }) => [caller, callerType]),
    ...figureRows("team tag", team, of.byTag, ({ tag }) => [tag, center]),
    ...of.byDimension.flatMap(({ name, rows }) => figureRows("team dimension", team, rows, ({ value }) => [value, name])),
    ...figureRows("team model", team, of.byModel, (key) => [`${key.provider}/${key.model}`, center]),
    ...figureRows("team agent", team, of.byAgent, ({ agent }) => [agent ?? "(unknown)", center]),
    ...(of.activePersons === null ? [] : [{ section: "per active person", team, item: center, detail: `${String(of.activePersons)} active`, value: of.perActivePerson }]),
    ...(of.sessions === null ? [] : [{ section: "per session", team, item: center, detail: `${String(of.sessions)} sessions`, value: of.perSession }]),
    ...averageRows({ team, costCenter, ...of }),
    ...of.days.flatMap((day) => dayRow(team, day)),
    ...of.topSessions.map((session) => sessionRow(team, session)),
  ];
}

export function teamToJson(team: TeamDetail): object {
  return {
    team: team.team,
    cost_center: team.costCenter,
    ...allocatedToJson(team.figures),
    change: changeToJson(team.change),
    drivers: team.drivers.map(driverToJson),
    before: averagesToJson(team.averagesBefore),
    budgets: team.budgets.map(budgetToJson),
    by_caller: allocatedRowsToJson(team.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tag: allocatedRowsToJson(team.byTag, (key) => key),
    by_dimension: team.byDimension.map(dimensionToJson),
    by_model: allocatedRowsToJson(team.byModel, (key) => key),
    by_agent: allocatedRowsToJson(team.byAgent, (key) => key),
    active_persons: team.activePersons,
    per_active_person_usd: amountToJson(team.perActivePerson),
    sessions: team.sessions,
    per_session_usd: amountToJson(team.perSession),
    top_sessions: team.topSessions.map(sessionToJson),
    days: team.days.map(dayToJson),
  };
}

import { html } from "hono/html";
import type { Nanodollars } from "../../../ledger/money.ts";
import { UNALLOCATED } from "../../../ledger/names/unassigned.ts";
import { formatCount, type Html } from "../../page/cells.ts";
import { showAmount, showDifference } from "../../page/tables.ts";
import { amountToJson } from "../../report/figures-json.ts";
import { printDifference, type RoundAmount } from "../../report/rounding.ts";
import type { SummaryRow } from "../../report/summary-row.ts";
import type { TeamDetail } from "./each-team.ts";

/** The cost per person and per session in the month before; null where it is not known. */
export interface AveragesBefore {
  perActivePerson: Nanodollars | null;
  perSession: Nanodollars | null;
}

/** The cost per person and per session, compared with the month before. */
export function renderAverages({ team, activePersons, perActivePerson, sessions, perSession, averagesBefore }: TeamDetail, round: RoundAmount): Html {
  const people = activePersons === null || (team === UNALLOCATED && activePersons === 0) ? "" : html`<div><dt>Active people</dt><dd>${formatCount(activePersons)}</dd></div>
${perActivePerson === null ? "" : html`<div><dt>Per active person</dt><dd>${showAverage(perActivePerson, averagesBefore?.perActivePerson ?? null, round)}</dd></div>`}`;
  return html`${people}
${sessions === null ? "" : html`<div><dt>Sessions</dt><dd>${formatCount(sessions)}</dd></div>`}
${perSession === null ? "" : html`<div><dt>Per session</dt><dd>${showAverage(perSession, averagesBefore?.perSession ?? null, round)}</dd></div>`}`;
}

function showAverage(now: Nanodollars, before: Nanodollars | null, round: RoundAmount): Html {
  if (before === null) return showAmount(now, round(now));
  return html`${showAmount(now, round(now))} <span class="quiet">(${showDifference(now - before, printDifference(before, now, round))})</span>`;
}

export function averagesToJson(before: AveragesBefore | null): object | null {
  return before === null ? null : { per_active_person_usd: amountToJson(before.perActivePerson), per_session_usd: amountToJson(before.perSession) };
}

/** The averages of the month before, and how much more they are now; without those that are not known. */
export function averageRows({ team, costCenter, perActivePerson, perSession, averagesBefore }: TeamDetail): SummaryRow[] {
  const compared: [string, Nanodollars | null, Nanodollars | null][] = [
    ["per active person", perActivePerson, averagesBefore?.perActivePerson ?? null],
    ["per session", perSession, averagesBefore?.perSession ?? null],
  ];
  return compared.flatMap(([section, now, before]) => {
    if (now === null || before === null) return [];
    const place = { section, team, item: costCenter ?? "" };
    return [{ ...place, detail: "in the month before", value: before }, { ...place, detail: "more than before", value: now - before }];
  });
}

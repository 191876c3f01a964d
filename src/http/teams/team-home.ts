import type { FastifyReply } from "fastify";
import { html } from "hono/html";
import { type Html, showName } from "../../chargeback/page/cells.ts";
import { descending } from "../../ledger/orders.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { titleOfMonth } from "../current-report.ts";
import { answerPage } from "../page.ts";
import { kindOf, toReportPath } from "../report-files.ts";
import type { TeamFile } from "./team-files.ts";

interface TeamHome {
  login: string;
  teams: readonly string[];
  /** Files of these teams. */
  files: readonly TeamFile[];
  /** The running month, `YYYY-MM`. */
  month: string;
}

/** The home of somebody who sees the pages of teams alone: links to these pages, and no figure. */
export async function answerTeamHome(reply: FastifyReply, { login, teams, files, month }: TeamHome): Promise<FastifyReply> {
  const body = html`<p class="quiet">Signed in as ${showName(login)}. These are the reports of your ${teams.length === 1 ? "team" : "teams"}, the newest month first.</p>
${teams.map((team, index) => renderTeam(team, files.filter((file) => file.team === team), { id: `team-${String(index)}`, month }))}`;
  return await answerPage(reply, "Your teams", body, { places: [] });
}

function renderTeam(team: string, files: readonly TeamFile[], { id, month }: { id: string; month: string }): Html {
  const months = [...Map.groupBy(files, (file) => file.month)].sort(([a], [b]) => descending(a, b));
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${showName(team)}</h2>
${months.some(([name]) => name === month) ? "" : html`<p class="quiet">There is no page of ${titleOfMonth(month)} yet. It is written with the report of the month.</p>`}
${months.length === 0 ? "" : html`<ul>
${months.map(([name, own]) => renderMonth(team, name, own, name === month))}</ul>`}
</section>
`;
}

function renderMonth(team: string, month: string, files: readonly TeamFile[], isRunning: boolean): Html {
  const page = files.find(({ isPage }) => isPage);
  const title = titleOfMonth(month);
  return html`<li><span>${page === undefined ? title : html`<a href="${toReportPath(page.key)}" aria-label="${shownText(team)}, ${title}">${title}</a>`}${isRunning ? html` <span class="quiet">to date</span>` : ""}</span>
<span>${files.filter(({ isPage }) => !isPage).map(({ key }) => html`<a href="${toReportPath(key)}" aria-label="${shownText(team)}, ${title}, ${kindOf(key).title}">${kindOf(key).title}</a> `)}</span></li>
`;
}

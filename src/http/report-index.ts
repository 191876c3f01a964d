import { html } from "hono/html";
import { type Html, showName } from "../chargeback/page/cells.ts";
import { decodeKeyPart, TEAM_REPORTS } from "../lake/layout.ts";
import { monthTitle } from "../ledger/months.ts";
import { ascending } from "../ledger/orders.ts";
import { shownText } from "../ledger/text/visible-text.ts";
import type { ObjectEntry } from "../storage/object-store.ts";
import { isOfClose, kindOf, toReportPath } from "./report-files.ts";

/**
 * The stored reports by month, the newest first; pages before data files.
 * @param closed names of months that are closed
 */
export function renderReportIndex(all: readonly ObjectEntry[], closed: ReadonlySet<string>): Html {
  const entries = all.filter(({ key }) => !isOfClose(key));
  if (entries.length === 0) return html`<p>There is no report yet: aperture-ledger chargeback writes one.</p>`;
  const months = [...Map.groupBy(entries, ({ key }) => monthOf(key))].toSorted(([a], [b]) => ascending(b, a));
  return html`<p class="quiet">The newest month first. Times are UTC.</p>
${months.map(([month, files], index) => renderMonth(month, files, `month-${String(index)}`, closed.has(month)))}`;
}

/** `2026-10` of `reports/2026-10/chargeback.html`; empty for a file outside the months. */
function monthOf(key: string): string {
  const [, folder = "", ...rest] = key.split("/");
  return rest.length > 0 ? folder : "";
}

function renderMonth(month: string, files: readonly ObjectEntry[], id: string, isClosed: boolean): Html {
  const sorted = files.toSorted((a, b) => Number(isPage(b)) - Number(isPage(a)) || ascending(a.key, b.key));
  const { ofTeams = [], ofAll = [] } = Object.groupBy(sorted, ({ key }) => (teamOf(key) === undefined ? "ofAll" : "ofTeams"));
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${titleOf(month)}</h2>
${isClosed ? html`<p class="quiet">Closed: these figures do not change any more.</p>` : ""}
<ul>
${ofAll.map((file) => renderFile(file, month))}
</ul>
${ofTeams.length === 0 ? "" : renderTeams(ofTeams)}
</section>
`;
}

/** One line per team: its page under its name, and the files beside the page. */
function renderTeams(files: readonly ObjectEntry[]): Html {
  const teams = [...Map.groupBy(files, ({ key }) => teamOf(key) ?? "")].toSorted(([a], [b]) => ascending(a, b));
  return html`<h3>Teams</h3>
<ul>
${teams.map(([team, own]) => renderTeam(decodeKeyPart(team), own))}</ul>`;
}

function renderTeam(team: string, files: readonly ObjectEntry[]): Html {
  const [page, ...others] = files.toSorted((a, b) => Number(isPage(b)) - Number(isPage(a)));
  if (page === undefined) return html``;
  const beside = isPage(page) ? others : files;
  return html`<li>${isPage(page) ? html`<a href="${toReportPath(page.key)}">${showName(team)}</a>` : showName(team)}
<span>${beside.map(({ key }) => html`<a href="${toReportPath(key)}" aria-label="${shownText(team)}, ${kindOf(key).title}">${kindOf(key).title}</a> `)}</span></li>
`;
}

/** The team's name as encoded in a key: `payments` of `reports/2026-10/teams/payments/chargeback.html`. */
function teamOf(key: string): string | undefined {
  const [, , folder, team, ...file] = key.split("/");
  return `${folder ?? ""}/` === TEAM_REPORTS && file.length === 1 ? team : undefined;
}

function renderFile({ key, size, lastModified }: ObjectEntry, month: string): Html {
  const name = key.slice(`reports/${month === "" ? "" : `${month}/`}`.length);
  const written = lastModified.toISOString();
  return html`<li><a href="${toReportPath(key)}">${showName(name)}</a>
<span class="quiet">${kindOf(key).title}, ${showSize(size)}, <time datetime="${written}">${written.slice(0, 16).replace("T", " ")}</time></span></li>
`;
}

function titleOf(month: string): Html | string {
  if (/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month)) return monthTitle({ from: new Date(`${month}-01T00:00:00Z`), timezone: "UTC" });
  return month === "" ? "Other" : showName(month);
}

function isPage({ key }: ObjectEntry): boolean {
  return key.endsWith(".html");
}

function showSize(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

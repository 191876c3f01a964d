import { renderTeamsCsv } from "../report/render-teams-csv.ts";
import type { TeamReport } from "./cut-to-team.ts";
import { renderTeamHtml } from "./render-team-html.ts";
import { renderTeamJson } from "./render-team-json.ts";

/** Names of a team's files, in its folder. */
export const TEAM_FILES = { json: "chargeback.json", csv: "chargeback.csv", html: "chargeback.html" } as const;
export type TeamFormat = keyof typeof TEAM_FILES;

/** One team's report in every format; the CSV has a row for each key, as `teams.csv` has. */
export async function renderTeamReport(report: TeamReport): Promise<Record<TeamFormat, string>> {
  return { json: renderTeamJson(report), csv: renderTeamsCsv(report), html: await renderTeamHtml(report, TEAM_FILES) };
}

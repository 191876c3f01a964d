import type { ChargebackReport } from "../report/report.ts";
import { cutToTeam, listTeams } from "../team/cut-to-team.ts";
import { renderTeamReport, TEAM_FILES, type TeamFormat } from "../team/render-team.ts";
import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { holds } from "./publish-report.ts";

export interface TeamFiles {
  team: string;
  /** Keys in the lake. */
  files: Record<TeamFormat, string>;
}

/** One team, or every team of the report. */
export type TeamChoice = { team: string } | { all: true };

/** The page comes last, so that every file it links to is there before it. */
const PUBLISHING_ORDER = ["json", "csv", "html"] as const satisfies readonly TeamFormat[];

/** Writes the report of one team, or of each, and returns where. Throws for an unknown team before anything is written. */
export async function teamChargebacks(lake: ObjectStore, report: ChargebackReport, wanted: TeamChoice): Promise<TeamFiles[]> {
  const teams = "team" in wanted ? [wanted.team] : listTeams(report);
  for (const team of teams) {
    for (const [file, content] of await renderTeam(report, team)) {
      const key = layout.report(report.month.name, file);
      if (!(await holds(lake, key, content))) await lake.replace(key, content);
    }
  }
  return teams.map((team) => ({ team, files: teamFilesOf(report.month.name, team) }));
}

/** The files of every team of the report. Names are relative to the month's folder. */
export async function renderAllTeams(report: ChargebackReport): Promise<[name: string, content: Buffer][]> {
  const files: [string, Buffer][] = [];
  for (const team of listTeams(report)) files.push(...(await renderTeam(report, team)));
  return files;
}

/** Keys in the lake. */
export function teamFilesOf(month: string, team: string): Record<TeamFormat, string> {
  const keyOf = (format: TeamFormat): string => layout.teamReport(month, team, TEAM_FILES[format]);
  return { json: keyOf("json"), csv: keyOf("csv"), html: keyOf("html") };
}

async function renderTeam(report: ChargebackReport, team: string): Promise<[name: string, content: Buffer][]> {
  const contents = await renderTeamReport(cutToTeam(report, team));
  return PUBLISHING_ORDER.map((format) => [layout.teamFile(team, TEAM_FILES[format]), Buffer.from(contents[format])]);
}

import type { ChargebackReport } from "../report/report.ts";
import { cutToTeam, listTeams } from "../team/cut-to-team.ts";
import { renderTeamReport, TEAM_FILES, type TeamFormat } from "../team/render-team.ts";
import { layout, TEAM_REPORTS } from "../../lake/layout.ts";
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

/**
 * Rewrites the files of teams, the existing ones or all, since they may name people who are hidden now, and removes the files of teams that no
 * longer exist.
 */
export async function refreshTeamFiles(lake: ObjectStore, report: ChargebackReport, which: "that are there" | "of every team"): Promise<void> {
  const prefix = layout.report(report.month.name, TEAM_REPORTS);
  const there = new Set<string>();
  for await (const { key } of lake.list(prefix)) there.add(key);
  for (const team of listTeams(report)) {
    const files = Object.values(teamFilesOf(report.month.name, team));
    if (which === "of every team" || files.some((key) => there.has(key))) await teamChargebacks(lake, report, { team });
    for (const key of files) there.delete(key);
  }
  for (const key of there) await lake.remove(key);
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

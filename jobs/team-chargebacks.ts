import type { ChargebackReport } from "../src/chargeback/report.ts";
import { cutToTeam, listTeams } from "../src/chargeback/team/cut-to-team.ts";
import { renderTeamReport, TEAM_FILES, type TeamFormat } from "../src/chargeback/team/render-team.ts";
import { layout } from "../src/lake/layout.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";

export interface TeamFiles {
  team: string;
  /** Keys in the lake. */
  files: Record<TeamFormat, string>;
}

/** One team, or every team of the report. */
export type TeamChoice = { team: string } | { all: true };

/** The page goes last: whoever finds it finds what it links to. */
const PUBLISHING_ORDER = ["json", "csv", "html"] as const satisfies readonly TeamFormat[];

/** Writes the report cut to one team, or to each of them, and says where. A team that is not known writes nothing. */
export async function teamChargebacks(lake: ObjectStore, report: ChargebackReport, wanted: TeamChoice): Promise<TeamFiles[]> {
  const cuts = ("team" in wanted ? [wanted.team] : listTeams(report)).map((team) => cutToTeam(report, team));
  const published: TeamFiles[] = [];
  for (const cut of cuts) {
    const contents = await renderTeamReport(cut);
    const keyOf = (format: TeamFormat): string => layout.teamReport(report.month.name, cut.team, TEAM_FILES[format]);
    for (const format of PUBLISHING_ORDER) {
      const content = Buffer.from(contents[format]);
      if (!(await isSame(lake, keyOf(format), content))) await lake.replace(keyOf(format), content);
    }
    published.push({ team: cut.team, files: { json: keyOf("json"), csv: keyOf("csv"), html: keyOf("html") } });
  }
  return published;
}

async function isSame(lake: ObjectStore, key: string, content: Buffer): Promise<boolean> {
  const entry = await lake.head(key);
  return entry?.size === content.byteLength && content.equals(await lake.read(key));
}

import { TEAM_FILES } from "../../chargeback/team/render-team.ts";
import { encodeKeyPart, REPORTS, TEAM_REPORTS } from "../../lake/layout.ts";

/** A file of a team in a month. */
export interface TeamFile {
  /** `YYYY-MM` */
  month: string;
  team: string;
  /** Key in the lake. */
  key: string;
  isPage: boolean;
}

const FILES: readonly string[] = Object.values(TEAM_FILES);
const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** What a key is among the files of these teams; undefined for every other key, including other teams' and copies made by a close. */
export function parseTeamFile(key: string, teams: readonly string[]): TeamFile | undefined {
  const [root, month = "", folder, name, file = "", ...more] = key.split("/");
  if (`${root ?? ""}/` !== REPORTS || !MONTH.test(month) || `${folder ?? ""}/` !== TEAM_REPORTS || !FILES.includes(file) || more.length > 0) return undefined;
  const team = teams.find((one) => encodeKeyPart(one) === name);
  return team === undefined ? undefined : { month, team, key, isPage: file === TEAM_FILES.html };
}

import { closedFile, findClosedFile, readClosed, sha256Of } from "../../lake/records/closed-files.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import type { DeliveredReport } from "../../lake/records/delivery-record.ts";
import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ClosedBy, describeReport, describeTeamReport, statusOf } from "../delivery/report-message.ts";
import { type ReadReport, readReport } from "../delivery/read-report.ts";
import type { PublishedReport } from "../gathering/publish-report.ts";
import { teamChargebacks } from "../gathering/team-chargebacks.ts";
import type { OpenReport, ClosedReport } from "../report-month.ts";
import { REPORT_FILES } from "../report/render-report.ts";
import { TEAM_FILES } from "../team/render-team.ts";

/** A month's report as it was made or closed. */
export type Reported = { closed: Pick<ClosedReport, "record"> } | Pick<OpenReport, "open">;

/** The reports of a month that may be delivered. */
export interface MonthReports {
  /** `YYYY-MM` */
  name: string;
  /** In the order of the report. */
  teams: readonly string[];
  company: () => Promise<DeliveredReport>;
  ofTeam: (team: string) => Promise<DeliveredReport>;
}

/** Reads a month's reports. The team pages of an open month are written on request. */
export async function gatherReports(lake: ObjectStore, reported: Reported): Promise<MonthReports> {
  return "closed" in reported ? await gatherClosed(lake, reported.closed.record) : await gatherOpen(lake, reported.open);
}

async function gatherClosed(lake: ObjectStore, record: CloseRecord): Promise<MonthReports> {
  const json = closedFile(lake, record, REPORT_FILES.json);
  const read = readReport(await readClosed(lake, json), json.key);
  const closed: ClosedBy = { id: record.id, at: new Date(record.closed_at), by: record.closed_by };
  const make = (team: string | null, page: string): DeliveredReport => {
    const file = findClosedFile(record, page);
    return describe(read, { team, closed, version: record.id, page: file === undefined ? null : { key: file.key, sha256: file.sha256 } });
  };
  return {
    name: read.month.name,
    teams: listTeams(read),
    company: () => Promise.resolve(make(null, REPORT_FILES.html)),
    ofTeam: (team) => Promise.resolve(make(team, layout.teamFile(team, TEAM_FILES.html))),
  };
}

async function gatherOpen(lake: ObjectStore, { report, files }: PublishedReport): Promise<MonthReports> {
  const json = await lake.read(files.json);
  const read = readReport(json, files.json);
  const make = async (team: string | null, said: Uint8Array, page: string): Promise<DeliveredReport> =>
    describe(read, { team, closed: null, version: digestOf(said), page: { key: page, sha256: sha256Of(await lake.read(page)) } });
  return {
    name: read.month.name,
    teams: listTeams(read),
    company: () => make(null, json, files.html),
    ofTeam: async (team) => {
      const [written] = await teamChargebacks(lake, report, { team });
      if (written === undefined) throw new TypeError(`no files were written for ${team}`);
      return await make(team, await lake.read(written.files.json), written.files.html);
    },
  };
}

/** The start of the SHA-256 of a JSON report without the version that made it, so that an upgrade alone does not send the report again. */
function digestOf(json: Uint8Array): string {
  return sha256Of(Buffer.from(Buffer.from(json).toString("utf8").replace(/^ "made_by": .*\n/m, ""))).slice(0, 16);
}

interface Version {
  team: string | null;
  closed: ClosedBy | null;
  version: string;
  page: DeliveredReport["page"];
}

function describe(read: ReadReport, { team, closed, version, page }: Version): DeliveredReport {
  const message = team === null ? describeReport(read, closed) : describeTeamReport(read, team, closed);
  return { format: 1, month: read.month.name, team, status: statusOf(read, closed), version, edition: 1, ...message, page };
}

function listTeams({ booking }: ReadReport): string[] {
  return [...new Set(booking.rows.map(({ key }) => key.team))];
}

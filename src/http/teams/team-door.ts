import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { messageOf } from "../../ledger/errors.ts";
import { REPORTS } from "../../lake/layout.ts";
import { monthAt } from "../../ledger/months.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { leadsElsewhere } from "../../storage/fs/leads-elsewhere.ts";
import { answerText } from "../answers.ts";
import { type Calendar, CURRENT_REPORT } from "../current-report.ts";
import { pathOf } from "../hooks/hook-door.ts";
import { toReportKey, toReportPath } from "../report-files.ts";
import type { SendReport } from "../send-report.ts";
import { answerTeamHome } from "./team-home.ts";
import type { TeamsOfLogin } from "./team-access.ts";
import { parseTeamFile, type TeamFile } from "./team-files.ts";

interface TeamParts {
  teamsOf: TeamsOfLogin;
  lake: ObjectStore;
  send: SendReport;
  calendar: Calendar;
  log: Logger;
}

/**
 * Answers a person who sees the pages of teams alone. Resolves to false for a login without teams, which is not answered. Not to the reply: a
 * reply that is awaited becomes undefined.
 */
export type TeamDoor = (login: string, request: FastifyRequest, reply: FastifyReply) => Promise<boolean>;

/** Every path of others gets this answer, so that nobody learns what exists. */
const NOT_YOURS = "this login sees the pages of its own teams alone";

/**
 * Answers such a person completely, before any route does: a page that is added to the server later is shut to them without a word here.
 */
export function openTeamDoor({ teamsOf, lake, send, calendar, log }: TeamParts): TeamDoor {
  return async (login, request, reply) => {
    let teams: readonly string[];
    try {
      teams = await teamsOf(login);
    } catch (error) {
      log.error({ reason: messageOf(error) }, "the directory cannot be read: nobody is let in as an owner or member of a team");
      answerText(reply, 503, "it is not known now who may see what: try again in a moment");
      return true;
    }
    if (teams.length === 0) return false;
    await answer(login, teams, request, reply);
    return true;
  };

  async function answer(login: string, teams: readonly string[], request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = pathOf(request.raw);
    if (path === "/" || path === "/reports" || path === "/reports/") return await answerTeamHome(reply, { login, teams, files: await listTeamFiles(lake, teams), month: runningMonth() });
    if (path === CURRENT_REPORT) return await answerCurrent(login, teams, reply);
    const key = path.startsWith("/reports/") ? toReportKey(path.slice("/reports/".length)) : undefined;
    const file = key === undefined ? undefined : parseTeamFile(key, teams);
    if (file === undefined || (await leadsElsewhere(lake.url, file.key))) return await answerText(reply, 403, NOT_YOURS);
    return await send(request, reply, file.key);
  }

  function runningMonth(): string {
    return monthAt(calendar.clock(), calendar.timezone);
  }

  /** Leads somebody of one team to its page of the running month; anybody else to the list. */
  async function answerCurrent(login: string, teams: readonly string[], reply: FastifyReply): Promise<FastifyReply> {
    const files = await listTeamFiles(lake, teams);
    const month = runningMonth();
    const [page, ...others] = files.filter((file) => file.month === month && file.isPage);
    if (page !== undefined && others.length === 0 && teams.length === 1) return await reply.redirect(toReportPath(page.key), 302);
    return await answerTeamHome(reply, { login, teams, files, month });
  }
}

async function listTeamFiles(lake: ObjectStore, teams: readonly string[]): Promise<TeamFile[]> {
  const files: TeamFile[] = [];
  for await (const { key } of lake.list(REPORTS)) {
    const file = parseTeamFile(key, teams);
    if (file !== undefined && !(await leadsElsewhere(lake.url, key))) files.push(file);
  }
  return files;
}

import { STATUS_CODES } from "node:http";
import type { Queue } from "bullmq";
import { fastify, type FastifyInstance, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Overview } from "../run/read-overview.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Admission, Way } from "./admission.ts";
import { answerErrors, answerText } from "./answers.ts";
import { HTTP_LIMITS, type HttpLimits, dropSlowClients } from "./drop-slow-clients.ts";
import type { Explorer } from "../explore/open-explorer.ts";
import { serveExplore } from "./explore.ts";
import { serveHealth } from "./health.ts";
import { serveJobs } from "./jobs-page.ts";
import { serveHolds } from "./holds/serve-holds.ts";
import type { HoldDesk } from "./holds/hold-desk.ts";
import { type HookDoor, serveHooks } from "./hooks/hook-door.ts";
import { type LookLive, serveLive } from "./hooks/live-page.ts";
import { checkHost, listenOn } from "./listen.ts";
import { listenOnSocket, servePortBeside, type SocketPlace, waysOf } from "./listen-socket.ts";
import type { LedgerMetrics } from "./metrics.ts";
import { type Calendar, serveCurrentReport } from "./current-report.ts";
import type { CompletedJobs } from "./home/last-pull.ts";
import { serveHome } from "./home/home-page.ts";
import { journalReads, Visitors } from "./journal-reads.ts";
import type { Journal } from "./keep-journal.ts";
import { setPlaces } from "./navigation.ts";
import { serveReports } from "./reports.ts";
import { type Guard, guardBy, guardRequests, logRequests } from "./request-hooks.ts";
import { reportSender } from "./send-report.ts";
import type { TeamsOfLogin } from "./teams/team-access.ts";
import { openTeamDoor } from "./teams/team-door.ts";

export interface HttpSettings extends Pick<Admission, "allow" | "hosts" | "secret" | "hookSecret" | "metricsToken"> {
  host: string;
  /** 0 takes a free port; undefined if only the socket is served. */
  port: number | undefined;
  /** Unix socket. If it is set, the port answers only `/healthz`. */
  socket?: SocketPlace | undefined;
  limits?: Partial<HttpLimits>;
}

export interface HttpParts {
  /** The queues of the board. */
  queues: readonly Queue[];
  /** The queue with the pulls. */
  jobs: CompletedJobs;
  readOverview: () => Promise<Overview>;
  calendar: Calendar;
  /** Present where owners or members of teams see their teams' pages. */
  teamsOf?: TeamsOfLogin | undefined;
  /** Throws unless Redis answers. */
  checkRedis: () => Promise<void>;
  lake: ObjectStore;
  metrics: LedgerMetrics;
  holds: HoldDesk;
  /** Present where the gateway's hooks are taken. */
  hooks?: { door: HookDoor; look: LookLive } | undefined;
  /** Absent where nothing is explored; null where reports hide people, so questions about them are refused. */
  explorer?: Explorer | null | undefined;
  /** Present where reads are journaled. */
  journal?: Journal | undefined;
  log: Logger;
}

export interface HttpServer {
  /** Where it listens, without a slash at the end: `http://host:port`, or `unix:/path`. */
  url: string;
  /** Waits a few seconds for unfinished answers. */
  close(): Promise<void>;
}

const CLOSING_MS = 5_000;

/**
 * Serves the state of the ledger, health, metrics, jobs, reports and legal holds.
 * Throws `usage` for a host that others can reach without an allow list, `listen_failed` if it cannot listen.
 */
export async function serveHttp({ host, port, socket, ...settings }: HttpSettings, parts: HttpParts): Promise<HttpServer> {
  checkHost(host, settings.allow);
  const admission: Admission = { ...settings, hasSocket: socket !== undefined };
  const app = await assembleHttp(admission, parts, settings.limits);
  if (socket === undefined) {
    const url = await listenOn(app, host, port ?? 0);
    parts.log.info({ url }, "listening");
    warnOfNeighbours(admission, parts.log);
    return { url, close: async () => await close(app) };
  }
  const listening = await listenOnSocket(app, socket);
  const beside = port === undefined ? undefined : await servePortBeside(app, host, port);
  parts.log.info({ url: listening.url, health: beside?.url }, "listening");
  return {
    url: listening.url,
    close: async () => {
      beside?.close();
      await close(app);
      await listening.remove();
    },
  };
}

/** Logged at each start, so that operators learn of it without the documentation. */
function warnOfNeighbours({ allow, secret }: Admission, log: Logger): void {
  if (allow === null || secret !== undefined) return;
  log.warn("Tailscale-User-Login is trusted from loopback: every account of this machine can send any login; on a shared machine set http.socket or http.secret_file");
}

/** The server with all its routes behind the guard, not listening yet. */
export async function assembleHttp(admission: Admission, parts: HttpParts, limits: Partial<HttpLimits> = {}): Promise<FastifyInstance> {
  const ways = waysOf();
  const wayOf = ({ raw }: FastifyRequest): Way => ways.of(raw.socket);
  const { lake, log, calendar, teamsOf, hooks, explorer } = parts;
  const send = reportSender(lake);
  const teamDoor = teamsOf === undefined ? undefined : openTeamDoor({ teamsOf, lake, send, calendar, log });
  const visitors = new Visitors();
  const app = openApp(guardBy(admission, wayOf, { teamDoor, visitors, localUser: parts.holds.localUser }), log, { ...HTTP_LIMITS, ...limits });
  setPlaces(app, { live: hooks !== undefined, explore: explorer !== undefined && explorer !== null });
  ways.watch(app.server);
  logRequests(app, log);
  if (parts.journal !== undefined) journalReads(app, parts.journal, visitors, calendar.clock);
  answerErrors(app, log);
  serveHome(app, { ...parts, look: hooks?.look, clock: calendar.clock });
  serveHealth(app, parts);
  app.get("/metrics", async (_request, reply) => await reply.type(parts.metrics.contentType).send(await parts.metrics.render()));
  serveReports(app, lake, send);
  serveCurrentReport(app, lake, calendar);
  if (explorer !== undefined) serveExplore(app, explorer);
  await serveHolds(app, parts.holds, admission, wayOf, log);
  if (hooks !== undefined) {
    await serveHooks(app, hooks.door);
    serveLive(app, hooks.look, log);
  }
  await serveJobs(app, parts.queues, log);
  return app;
}

function openApp(guard: Guard, log: Logger, limits: HttpLimits): FastifyInstance {
  const app = fastify({
    logger: false,
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.lookMs },
    routerOptions: { maxParamLength: 4096 },
    // A path that cannot be decoded does not reach the hooks.
    frameworkErrors: (error, request, reply) => {
      if (guard.refuse(request, reply) !== undefined) return;
      const status = error.statusCode ?? 400;
      answerText(reply, status, STATUS_CODES[status] ?? "refused");
    },
  });
  app.server.maxConnections = limits.connections;
  guardRequests(app, guard);
  dropSlowClients(app, log, limits);
  return app;
}

/** A download that its client does not read must not keep the worker from stopping. */
async function close(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), CLOSING_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

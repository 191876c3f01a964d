import { STATUS_CODES } from "node:http";
import type { Queue } from "bullmq";
import { fastify, type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { ObjectStore } from "../storage/object-store.ts";
import { answerErrors, answerText } from "./answers.ts";
import { serveFrontPage } from "./front-page.ts";
import { guardBy, guardRequests } from "./guard-requests.ts";
import { serveHealth } from "./health.ts";
import { serveJobs } from "./jobs-page.ts";
import { type HoldDesk, serveHolds } from "./holds.ts";
import { checkHost, listenOn } from "./listen.ts";
import { logRequests } from "./log-requests.ts";
import type { LedgerMetrics } from "./metrics.ts";
import { serveReports } from "./reports.ts";

export interface HttpSettings {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Lower-case logins; null: no allow list. */
  allow: ReadonlySet<string> | null;
}

export interface HttpParts {
  queues: readonly Queue[];
  /** Throws unless Redis answers. */
  checkRedis: () => Promise<void>;
  lake: ObjectStore;
  metrics: LedgerMetrics;
  holds: HoldDesk;
  log: Logger;
}

export interface HttpDoor {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** Waits a moment for answers under way. */
  close(): Promise<void>;
}

const CLOSING_MS = 5_000;

/**
 * The worker as it is seen from outside: health, metrics, jobs, reports.
 * Throws `usage` for a host that others can reach without an allow list, `listen_failed` where it cannot listen.
 */
export async function serveHttp({ host, port, allow }: HttpSettings, parts: HttpParts): Promise<HttpDoor> {
  checkHost(host, allow);
  const app = await assembleDoor(allow, parts);
  const url = await listenOn(app, host, port);
  parts.log.info({ url }, "listening");
  return { url, close: async () => await close(app) };
}

/** Everything that is served, behind the guard, and not listening yet. */
export async function assembleDoor(allow: HttpSettings["allow"], parts: HttpParts): Promise<FastifyInstance> {
  const app = openApp(allow);
  logRequests(app, parts.log);
  answerErrors(app, parts.log);
  serveFrontPage(app);
  serveHealth(app, parts);
  app.get("/metrics", async (_request, reply) => await reply.type(parts.metrics.contentType).send(await parts.metrics.render()));
  serveReports(app, parts.lake);
  serveHolds(app, parts.holds, allow);
  await serveJobs(app, parts.queues, parts.log);
  return app;
}

function openApp(allow: ReadonlySet<string> | null): FastifyInstance {
  const guard = guardBy(allow);
  const app = fastify({
    logger: false,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 4096 },
    // A path that cannot be decoded reaches no hook.
    frameworkErrors: (error, request, reply) => {
      if (guard(request, reply) !== undefined) return;
      const status = error.statusCode ?? 400;
      answerText(reply, status, STATUS_CODES[status] ?? "refused");
    },
  });
  guardRequests(app, guard);
  return app;
}

/** A download that nobody takes does not keep the worker from stopping. */
async function close(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), CLOSING_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** Requested by machines every few seconds: logged at info level only if the answer is an error. */
const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Logs one line per answer, with the route's pattern for the path, without query and headers, which may be confidential. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const answered = { method: request.method, route, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) };
    const quiet = PROBES.has(route) && reply.statusCode < 400;
    log[quiet ? "debug" : "info"](answered, "request answered");
  });
}

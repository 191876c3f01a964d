import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** Asked for every few seconds by machines: worth a line only where the answer is bad. */
const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** One line an answer. The route's pattern stands for the path; query and headers are nobody's business. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const answered = { method: request.method, route, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) };
    const quiet = PROBES.has(route) && reply.statusCode < 400;
    log[quiet ? "debug" : "info"](answered, "request answered");
  });
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Admission, decideAdmission, readAsking, type Way } from "./admission.ts";
import { answerText, setSafetyHeaders } from "./answers.ts";

export type Guard = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/** Answers 403 to a request that is not admitted; undefined for an admitted one. */
export function guardBy(admission: Admission, wayOf: (request: FastifyRequest) => Way): Guard {
  return (request, reply) => {
    setSafetyHeaders(reply);
    const refusal = decideAdmission(readAsking(request.raw, wayOf(request)), admission);
    return refusal === undefined ? undefined : answerText(reply, 403, refusal);
  };
}

/** Runs before anything else reads a request. */
export function guardRequests(app: FastifyInstance, guard: Guard): void {
  app.addHook("onRequest", async (request, reply) => guard(request, reply));
  app.addHook("onSend", async (_request, reply, payload) => {
    // The static file server lets browsers cache its files. Only answers that are revalidated each time may be cached.
    if (reply.getHeader("cache-control") !== "no-cache") reply.header("cache-control", "no-store");
    return payload;
  });
}

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

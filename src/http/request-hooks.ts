import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Admission, type Asking, decideAdmission, isHookCall, loginForTeams, readAsking, type Way } from "./admission.ts";
import { answerText, setSafetyHeaders } from "./answers.ts";
import { HOOK_PATH } from "./hooks/hook-door.ts";
import type { TeamDoor } from "./teams/team-door.ts";

/** Decides about a request before anything else reads it. Answers it where it is not admitted to everything. */
export interface Guard {
  /** Without a lookup of teams. Undefined for a request that is admitted to everything. */
  refuse: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
  /** Undefined for a request that is admitted to everything; otherwise the answer, with their pages for owners and members of teams. */
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;
}

/** Answers 403 to a request that is not admitted, 401 to a hook without its secret. @param teamDoor undefined where only `http.allow` lets people in. */
export function guardBy(admission: Admission, wayOf: (request: FastifyRequest) => Way, teamDoor?: TeamDoor): Guard {
  const judge = (request: FastifyRequest, reply: FastifyReply): { asking: Asking; answer: (() => FastifyReply) | undefined } => {
    setSafetyHeaders(reply);
    const asking = readAsking(request.raw, wayOf(request));
    const refusal = decideAdmission(asking, admission);
    return { asking, answer: refusal === undefined ? undefined : () => answerText(reply, isHookCall(asking, admission) ? 401 : 403, refusal) };
  };
  return {
    refuse: (request, reply) => judge(request, reply).answer?.(),
    admit: async (request, reply) => {
      const { asking, answer } = judge(request, reply);
      if (answer === undefined) return undefined;
      const login = teamDoor === undefined ? undefined : loginForTeams(asking, admission);
      return (login === undefined ? undefined : await teamDoor?.(login, request, reply)) ?? answer();
    },
  };
}

/** Runs before anything else reads a request. */
export function guardRequests(app: FastifyInstance, guard: Guard): void {
  app.addHook("onRequest", async (request, reply) => await guard.admit(request, reply));
  app.addHook("onSend", async (_request, reply, payload) => {
    // The static file server lets browsers cache its files. Only answers that are revalidated each time may be cached.
    if (reply.getHeader("cache-control") !== "no-cache") reply.header("cache-control", "no-store");
    return payload;
  });
}

/** Requested by machines every few seconds, or more often: logged at info level only if the answer is an error. */
const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics", HOOK_PATH]);

/** Logs one line per answer, with the route's pattern for the path, without query and headers, which may be confidential. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const answered = { method: request.method, route, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) };
    const quiet = PROBES.has(route) && reply.statusCode < 400;
    log[quiet ? "debug" : "info"](answered, "request answered");
  });
}

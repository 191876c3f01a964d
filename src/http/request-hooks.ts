import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { messageOf } from "../ledger/errors.ts";
import { type Admission, type Asking, decideAdmission, howLoginIsKnown, isHookCall, loginForTeams, readAsking, type Way } from "./admission.ts";
import { answerText, setSafetyHeaders } from "./answers.ts";
import { HOOK_PATH } from "./hooks/hook-door.ts";
import type { Visitors } from "./journal-reads.ts";
import { decodeHeader, foldLogin } from "./login.ts";
import type { TeamDoor } from "./teams/team-door.ts";

/** Decides about a request before anything else reads it. Answers it where it is not admitted to everything. */
export interface Guard {
  /** Without a lookup of teams. Undefined for a request that is admitted to everything. */
  refuse: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
  /** Whether a request is admitted to everything. Any other is answered, for owners and members of teams with their pages. */
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>;
}

interface GuardParts {
  /** Undefined where only `http.allow` lets people in. */
  teamDoor?: TeamDoor | undefined;
  /** Learns who was let in; absent where nobody asks. */
  visitors?: Visitors;
  /** The user of this machine, for requests without a login. */
  localUser?: string;
}

/** Answers 403 to a request that is not admitted, 401 to a hook without its secret. */
export function guardBy(admission: Admission, wayOf: (request: FastifyRequest) => Way, { teamDoor, visitors, localUser = "unknown" }: GuardParts = {}): Guard {
  const judge = (request: FastifyRequest, reply: FastifyReply): { asking: Asking; answer: (() => FastifyReply) | undefined } => {
    setSafetyHeaders(reply);
    const asking = readAsking(request.raw, wayOf(request));
    const refusal = decideAdmission(asking, admission);
    return { asking, answer: refusal === undefined ? undefined : () => answerText(reply, isHookCall(asking, admission) ? 401 : 403, refusal) };
  };
  const note = (request: FastifyRequest, login: string | undefined, { way }: Asking): void =>
    visitors?.note(request, login === undefined ? { by: localUser, known: "account" } : { by: foldLogin(login), known: howLoginIsKnown(admission.secret !== undefined, way) });
  return {
    refuse: (request, reply) => judge(request, reply).answer?.(),
    admit: async (request, reply) => {
      const { asking, answer } = judge(request, reply);
      if (answer === undefined) {
        note(request, admission.allow === null ? undefined : (decodeHeader(asking.logins[0]?.trim() ?? "") ?? ""), asking);
        return true;
      }
      const login = teamDoor === undefined ? undefined : loginForTeams(asking, admission);
      // The answer is complete when the door has given it.
      if (login !== undefined) note(request, login, asking);
      const isAnswered = login !== undefined && (await teamDoor?.(login, request, reply)) === true;
      if (!isAnswered) {
        visitors?.forget(request);
        answer();
      }
      return false;
    },
  };
}

/** Runs before anything else reads a request. */
export function guardRequests(app: FastifyInstance, guard: Guard): void {
  app.addHook("onRequest", (request, reply, next) => void goOn(guard, request, reply, next));
  app.addHook("onSend", async (_request, reply, payload) => {
    // The static file server lets browsers cache its files. Only answers that are revalidated each time may be cached.
    if (reply.getHeader("cache-control") !== "no-cache") reply.header("cache-control", "no-store");
    return payload;
  });
}

/** Calls `next` for admitted requests alone. An awaited hook would go on to the route where a client leaves before it has the whole answer. */
async function goOn(guard: Guard, request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void): Promise<void> {
  let isAdmitted: boolean;
  try {
    isAdmitted = await guard.admit(request, reply);
  } catch (error) {
    next(error instanceof Error ? error : new Error(messageOf(error)));
    return;
  }
  if (isAdmitted) next();
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

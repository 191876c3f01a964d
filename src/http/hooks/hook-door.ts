import type { FastifyInstance, FastifyRequest } from "fastify";
import { type HookedRequest, type HookFault, readHook } from "../../aperture/hooks/read-hook.ts";
import type { Clock } from "../../ledger/clock.ts";
import type { ArrivedRequest } from "../../limits/live/live-requests.ts";
import { answerMissing, answerText } from "../answers.ts";

export const HOOK_PATH = "/hooks/aperture";

/** The outcome of a call: `counted`, `dropped` because too many wait, or `unreadable`. */
export type HookOutcome = "counted" | "dropped" | "unreadable";

export interface HookDoor {
  /** Largest body that is read. */
  largestBytes: number;
  /** Names of the gateways. */
  gateways: readonly string[];
  /** False if the request is dropped. */
  add: (arrived: ArrivedRequest) => boolean;
  observe: (outcome: HookOutcome) => void;
  clock: Clock;
}

/** The path as it was asked for, without the query. */
export function pathOf({ url }: FastifyRequest["raw"]): string {
  return url?.split("?", 1)[0] ?? "";
}

/** For the guard in front of this: the call's credentials, in either of the headers that Aperture sends. */
export function hookKeys({ headersDistinct: headers }: FastifyRequest["raw"]): string[] {
  const bearers = (headers["authorization"] ?? []).flatMap((value) => /^bearer +(\S+)$/i.exec(value.trim())?.[1] ?? []);
  return [...bearers, ...(headers["x-api-key"] ?? [])];
}

const FAULTS: Readonly<Record<HookFault, string>> = {
  not_json: "the body is not a JSON object with metadata",
  no_metadata: "the metadata is not a JSON object",
  no_request_id: "metadata.request_id is not a text of 1 to 200 characters",
};

/** The answer to every call: the worker never stops a request, whatever event the hook was called for. */
const ALLOW = { action: "allow" } as const;

/**
 * `POST /hooks/aperture`: Aperture's hooks, let in by their secret. The answer does not wait until the request is kept. Bodies are read as
 * bytes and dropped after their metadata is read; no answer and no log line quotes them.
 */
export async function serveHooks(app: FastifyInstance, { largestBytes, gateways, add, observe, clock }: HookDoor): Promise<void> {
  await app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // The guard asks for the secret at this exact path. The router finds the same route by other spellings, such as /hooks/%61perture.
    scope.addHook("onRequest", async (request, reply) => (pathOf(request.raw) === HOOK_PATH ? undefined : await answerMissing(reply)));
    // The body is too large or incomplete.
    scope.addHook("onError", (_request, _reply, _error, next) => {
      observe("unreadable");
      next();
    });
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: largestBytes }, (_request, body, parsed) => parsed(null, body));
    scope.post<{ Querystring: Record<string, unknown> }>(HOOK_PATH, { bodyLimit: largestBytes }, async (request, reply) => {
      const gateway = gatewayOf(request.query["gateway"], gateways);
      const read = readCall(request.body);
      if (gateway === undefined || typeof read === "string") {
        observe("unreadable");
        return await answerText(reply, 400, typeof read === "string" ? FAULTS[read] : sayGateways(gateways));
      }
      observe(add({ ...read, instance: gateway, at: clock() }) ? "counted" : "dropped");
      return await reply.send(ALLOW);
    });
    done();
  });
}

function readCall(body: unknown): HookedRequest | HookFault {
  return Buffer.isBuffer(body) ? readHook(body) : "not_json";
}

/** With one gateway its name may be left out: a call does not say which gateway made it. */
function gatewayOf(asked: unknown, gateways: readonly string[]): string | undefined {
  if (asked === undefined) return gateways.length === 1 ? gateways[0] : undefined;
  return gateways.find((name) => name === asked);
}

function sayGateways(gateways: readonly string[]): string {
  return `add ?gateway=NAME to the url of the hook; the sources are ${gateways.join(", ")}`;
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Admission, decideAdmission, describeAsking, type Way } from "./admission.ts";
import { answerText, setSafetyHeaders } from "./answers.ts";

export type Guard = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/** Answers 403 to what is not let in; undefined for what is. */
export function guardBy(admission: Admission, wayOf: (request: FastifyRequest) => Way): Guard {
  return (request, reply) => {
    setSafetyHeaders(reply);
    const refusal = decideAdmission(describeAsking(request.raw, wayOf(request)), admission);
    return refusal === undefined ? undefined : answerText(reply, 403, refusal);
  };
}

/** Before anything else looks at a request. */
export function guardRequests(app: FastifyInstance, guard: Guard): void {
  app.addHook("onRequest", async (request, reply) => guard(request, reply));
  app.addHook("onSend", async (_request, reply, payload) => {
    // What serves static files would have browsers keep them: only an answer that is asked for again each time may stay.
    if (reply.getHeader("cache-control") !== "no-cache") reply.header("cache-control", "no-store");
    return payload;
  });
}

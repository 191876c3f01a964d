import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import type { Logger } from "pino";
import { LedgerError } from "../ledger/errors.ts";

/** Sets the headers that every answer has. */
export function setSafetyHeaders(reply: FastifyReply): void {
  reply.headers({
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
}

export function answerText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
}

export function answerMissing(reply: FastifyReply): FastifyReply {
  return answerText(reply, 404, "there is nothing here");
}

/** Answers errors. Details go to the log; an answer contains only messages of the ledger itself. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) => answerMissing(reply));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const asked = error.statusCode ?? 500;
    // Fastify's own errors, for a request that it cannot read. The worker did nothing wrong.
    if (asked >= 400 && asked < 500) return answerText(reply, asked, STATUS_CODES[asked] ?? "refused");
    log.error({ route: request.routeOptions.url, err: error }, "request failed");
    if (error instanceof LedgerError) return answerText(reply, 503, `${error.code}: ${error.message}`);
    return answerText(reply, asked === 503 ? 503 : 500, asked === 503 ? "no answer in time" : "this failed; the worker's log says why");
  });
}

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** How long a client may keep a connection, and how many connections there may be. */
export interface HttpLimits {
  /** To send the headers of a request. */
  headersMs: number;
  /** To send a whole request. */
  requestMs: number;
  /** Between two checks for requests that take too long. */
  lookMs: number;
  /** Without reading a byte of an answer. */
  stallMs: number;
  /** An answer may take `stallMs` longer than it would at this speed. */
  slowestBytesPerSecond: number;
  connections: number;
}

export const HTTP_LIMITS: HttpLimits = { headersMs: 10_000, requestMs: 30_000, lookMs: 5_000, stallMs: 30_000, slowestBytesPerSecond: 16_384, connections: 256 };

/** Ends the connection of a client that does not read its answer, or reads it byte by byte. */
export function dropSlowClients(app: FastifyInstance, log: Logger, { stallMs, slowestBytesPerSecond }: Pick<HttpLimits, "stallMs" | "slowestBytesPerSecond">): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const { socket } = request.raw;
    const drop = (): void => {
      log.warn({ method: request.method, route: request.routeOptions.url ?? "none" }, "the answer was not read in time: its connection is ended");
      socket.destroy();
    };
    reply.raw.setTimeout(stallMs, drop);
    const longest = stallMs + (lengthOf(reply.getHeader("content-length"), payload) / slowestBytesPerSecond) * 1000;
    const timer = setTimeout(drop, longest).unref();
    reply.raw.once("close", () => clearTimeout(timer));
    return payload;
  });
}

/** Bytes of an answer; 0 if it is generated while it is sent and has no stated length. */
function lengthOf(header: unknown, payload: unknown): number {
  const stated = Number(header);
  if (Number.isFinite(stated)) return stated;
  return typeof payload === "string" || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** How long others may keep a connection, and how many of them there are. */
export interface DoorLimits {
  /** For the headers of a request. */
  headersMs: number;
  /** For all of a request. */
  requestMs: number;
  /** Between two looks at requests that take too long. */
  lookMs: number;
  /** Without a byte of an answer taken. */
  stallMs: number;
  /** An answer may take `stallMs` longer than it would at this speed. */
  slowestBytesPerSecond: number;
  connections: number;
}

export const DOOR_LIMITS: DoorLimits = { headersMs: 10_000, requestMs: 30_000, lookMs: 5_000, stallMs: 30_000, slowestBytesPerSecond: 16_384, connections: 256 };

/** Ends the connection of whoever asks and then does not read the answer, or reads it byte by byte. */
export function dropReaders(app: FastifyInstance, log: Logger, { stallMs, slowestBytesPerSecond }: Pick<DoorLimits, "stallMs" | "slowestBytesPerSecond">): void {
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

/** Bytes of an answer; of one that is made while it is sent and says no length, none. */
function lengthOf(header: unknown, payload: unknown): number {
  const stated = Number(header);
  if (Number.isFinite(stated)) return stated;
  return typeof payload === "string" || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}

import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../ledger/errors.ts";
import { type RedisAddress, showRedis } from "./redis-address.ts";
import { createClient, type RedisClient } from "./redis-client.ts";

export const DEFAULT_REDIS = "redis://127.0.0.1:6379";

/** A connection that reconnects by itself for as long as it takes; a password may come in REDIS_PASSWORD instead of the url. */
export function connectRedis(address: RedisAddress, whileDisconnected: "waits" | "fails", log: Logger): RedisClient {
  const client = createClient(address, whileDisconnected);
  // Without a listener an outage would end the process; with it, it is one line an outage and not one an attempt.
  let isDown = false;
  const redis = showRedis(address);
  client.on("error", (error: Error) => {
    if (!isDown) log.warn({ redis, reason: reasonOf(error) }, "Redis cannot be reached; trying again");
    isDown = true;
  });
  client.on("ready", () => {
    if (isDown) log.info({ redis }, "Redis is back");
    isDown = false;
  });
  return client;
}

/** Of a cluster whose nodes all failed, why the last one did. */
export function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && "lastNodeError" in error ? (error.lastNodeError ?? error) : error);
}

/**
 * Of everything the queue keeps in Redis: several ledgers may share a server without taking each other's jobs. The braces are
 * a hash tag: a cluster keeps all keys of one ledger in one slot, since no script may touch keys of two.
 */
export function keyPrefix(lakeUrl: string): string {
  return `{${untaggedPrefix(lakeUrl)}}`;
}

/** The prefix without a hash tag, under which versions before clusters kept their queues. */
export function untaggedPrefix(lakeUrl: string): string {
  return `aperture-ledger-${createHash("sha256").update(lakeUrl).digest("hex").slice(0, 8)}`;
}

import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../ledger/errors.ts";
import { type RedisAddress, showRedis } from "./redis-address.ts";
import { createClient, type RedisClient } from "./redis-client.ts";

export const DEFAULT_REDIS = "redis://127.0.0.1:6379";

/** Connections that this process ends: what still fails on them is no outage. */
const ending = new WeakSet<RedisClient>();

/** Opens a connection that reconnects by itself for as long as it takes. */
export function connectRedis(address: RedisAddress, whileDisconnected: "waits" | "fails", log: Logger): RedisClient {
  const client = createClient(address, whileDisconnected);
  // Without a listener, an outage would end the process. The listener logs one line per outage, not one per attempt.
  let isDown = false;
  const redis = showRedis(address);
  client.on("error", (error: Error) => {
    if (ending.has(client)) return;
    if (!isDown) log.warn({ redis, reason: reasonOf(error) }, "Redis cannot be reached; trying again");
    isDown = true;
  });
  client.on("ready", () => {
    if (isDown) log.info({ redis }, "Redis is back");
    isDown = false;
  });
  return client;
}

/** Ends a connection of `connectRedis`. */
export function disconnectRedis(client: RedisClient): void {
  ending.add(client);
  client.disconnect();
}

/** Why a connection failed; if all nodes of a cluster failed, the reason of the last one. */
export function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && "lastNodeError" in error ? (error.lastNodeError ?? error) : error);
}

/**
 * Prefix of all keys that the queue keeps in Redis, so that several ledgers may share a server without taking each other's jobs. The
 * braces are a hash tag: a cluster then keeps all keys of one ledger in one slot, because a script may not touch keys of two.
 */
export function keyPrefix(lakeUrl: string): string {
  return `{${untaggedPrefix(lakeUrl)}}`;
}

/** The prefix without a hash tag, under which versions without cluster support kept their queues. */
export function untaggedPrefix(lakeUrl: string): string {
  return `aperture-ledger-${createHash("sha256").update(lakeUrl).digest("hex").slice(0, 8)}`;
}

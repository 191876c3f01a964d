import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import type { Logger } from "pino";
import { showUrl } from "../errors.ts";

export const DEFAULT_REDIS = "redis://127.0.0.1:6379";

/** `waits`: for workers, which take up again when Redis is back. `fails`: for producers, whose caller then hears of it. */
export type WhileDisconnected = "waits" | "fails";

/** A connection that reconnects by itself for as long as it takes; a password may come in REDIS_PASSWORD instead of the url. */
export function connectRedis(url: string, whileDisconnected: WhileDisconnected, log: Logger): Redis {
  const redis = new Redis(url, {
    ...passwordFromEnvironment(),
    maxRetriesPerRequest: null,
    enableOfflineQueue: whileDisconnected === "waits",
  });
  // Without a listener an outage would end the process; with it, it is one line an outage and not one an attempt.
  let isDown = false;
  redis.on("error", (error: Error) => {
    if (!isDown) log.warn({ redis: showUrl(url), reason: error.message }, "Redis cannot be reached; trying again");
    isDown = true;
  });
  redis.on("ready", () => {
    if (isDown) log.info({ redis: showUrl(url) }, "Redis is back");
    isDown = false;
  });
  return redis;
}

export function passwordFromEnvironment(): { password?: string } {
  const password = process.env["REDIS_PASSWORD"];
  return password === undefined || password === "" ? {} : { password };
}

/** Of everything the queue keeps in Redis: several ledgers may share a server without taking each other's jobs. */
export function keyPrefix(lakeUrl: string): string {
  return `aperture-ledger-${createHash("sha256").update(lakeUrl).digest("hex").slice(0, 8)}`;
}

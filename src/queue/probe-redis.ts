import { Redis } from "ioredis";
import { LedgerError, messageOf, showUrl } from "../errors.ts";
import { passwordFromEnvironment } from "./redis-connection.ts";

/** What a queue needs to know of a Redis server before it trusts it with work in flight. */
export interface RedisProbe {
  version: string;
  /** `noeviction` is the only policy under which no job disappears. */
  maxmemoryPolicy: string;
  /** Whether jobs survive a restart. */
  appendOnly: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Asks a Redis server what it is. Throws `storage_unavailable` when it cannot be asked. */
export async function probeRedis(url: string): Promise<RedisProbe> {
  const redis = new Redis(url, {
    ...passwordFromEnvironment(),
    connectTimeout: CONNECT_TIMEOUT_MS,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lost: Error | undefined;
  redis.on("error", (error: Error) => (lost ??= error));
  try {
    await redis.connect();
    const info = await redis.info("server", "memory", "persistence");
    return {
      version: fieldOf(info, "redis_version"),
      maxmemoryPolicy: fieldOf(info, "maxmemory_policy"),
      appendOnly: fieldOf(info, "aof_enabled") === "1",
    };
  } catch (error) {
    const cause = lost ?? error;
    throw new LedgerError("storage_unavailable", `Redis at ${showUrl(url)} cannot be asked: ${messageOf(cause)}`, {
      remedy: "start it, or correct redis: in the configuration (redis://host:port)",
      retryable: true,
      cause,
    });
  } finally {
    redis.disconnect();
  }
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "unknown";
}

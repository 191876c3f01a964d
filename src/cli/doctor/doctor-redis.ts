import type { Config } from "../../config/config.ts";
import { probeRedis } from "../../queue/probe-redis.ts";
import { readRedisAddress } from "../../queue/read-redis-address.ts";
import type { Finding } from "./finding.ts";

const CHECK = "redis";

/** Describes the configured Redis, or each primary of a cluster. */
export async function findInRedis({ redis }: Config): Promise<Finding[]> {
  if (redis === undefined) return [];
  const { version, maxmemoryPolicy, appendOnly, primaries } = await probeRedis(await readRedisAddress(redis));
  const nodes = primaries === undefined ? "" : `cluster of ${primaries} ${primaries === 1 ? "primary" : "primaries"}, `;
  const finding = `${nodes}version ${version}, maxmemory-policy ${maxmemoryPolicy}, ${appendOnly ? "append-only file" : "no append-only file"}`;
  if (maxmemoryPolicy === "noeviction" && appendOnly) return [{ check: CHECK, state: "ok", finding }];
  const where = primaries === undefined ? "" : " on every node";
  return [
    { check: CHECK, state: "attention", finding, remedy: `set maxmemory-policy noeviction and appendonly yes${where}: jobs in flight may get lost otherwise` },
  ];
}

import { Cluster, type Redis } from "ioredis";
import type { Logger } from "pino";
import { messageOf } from "../ledger/errors.ts";
import { JOBS_QUEUE, type LedgerQueues } from "./open-queues.ts";
import { untaggedPrefix } from "./redis-connection.ts";

const KEYS_AT_ONCE = 500;

/**
 * Removes the queues that versions without cluster support kept under a prefix without a hash tag. The next pull finds their jobs again;
 * their schedules would stay for ever. Nothing is removed while a worker of such a version is connected.
 * Resolves to whether nothing is left to remove.
 */
export async function removeUntagged({ connection }: Pick<LedgerQueues, "connection">, lakeUrl: string, log: Logger): Promise<boolean> {
  // Those versions did not work on a cluster.
  if (connection instanceof Cluster) return true;
  const prefix = untaggedPrefix(lakeUrl);
  try {
    if ((await connection.exists(`${prefix}:${JOBS_QUEUE}:meta`)) === 0) return true;
    if (await isInUse(connection, prefix)) {
      log.warn({ prefix }, "a worker of an older version is connected: its queues are removed when all of them have ended");
      return false;
    }
    let removed = 0;
    for await (const keys of connection.scanStream({ match: `${prefix}:*`, count: KEYS_AT_ONCE }) as AsyncIterable<string[]>) {
      if (keys.length > 0) removed += await connection.unlink(...keys);
    }
    log.info({ prefix, keys: removed }, "queues of an older version removed; the next pull finds what was in them");
    return true;
  } catch (error) {
    // An ACL user without access to those keys was made for this version.
    if (messageOf(error).startsWith("NOPERM")) return true;
    log.warn({ prefix, reason: messageOf(error) }, "queues of an older version may be left in Redis");
    return false;
  }
}

/** BullMQ puts the prefix into the name of each connection. */
async function isInUse(connection: Redis, prefix: string): Promise<boolean> {
  const connections = String(await connection.client("LIST"));
  return connections.split("\n").some((line) => line.includes(` name=${prefix}:`));
}

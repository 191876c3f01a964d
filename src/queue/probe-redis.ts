import { setTimeout as delay } from "node:timers/promises";
import { Cluster, type Redis } from "ioredis";
import { LedgerError } from "../ledger/errors.ts";
import { nodesOf, type RedisAddress, showRedis } from "./redis-address.ts";
import { createClient, type RedisClient } from "./redis-client.ts";
import { reasonOf } from "./redis-connection.ts";
import { clusterToConnectTo, readSlots } from "./read-slots.ts";

/** What is checked of a Redis before jobs are kept there. */
export interface RedisProbe {
  /** Where to connect to. If the url of one node was given, this is its cluster. */
  address: RedisAddress;
  version: string;
  /** Only under `noeviction` no job disappears. */
  maxmemoryPolicy: string;
  /** Whether jobs survive a restart. */
  appendOnly: boolean;
  /** Number of nodes of a cluster that hold keys; undefined outside cluster mode. */
  primaries?: number;
}

const LONGEST_PROBE_MS = 15_000;

/** Asks a Redis for its version, mode and settings. Throws `storage_unavailable` if it does not answer. */
export async function probeRedis(address: RedisAddress): Promise<RedisProbe> {
  return typeof address !== "string" && "cluster" in address ? await probeAnyNode(address, nodesOf(address)) : await probeServer(address);
}

/** The first node that answers speaks for its cluster. */
async function probeAnyNode(address: RedisAddress, [node, ...others]: readonly RedisAddress[]): Promise<RedisProbe> {
  try {
    const found = await probeServer(node ?? address);
    if (found.primaries === undefined) throw isNoCluster(address);
    return found;
  } catch (error) {
    if (others.length === 0 || !(error instanceof LedgerError && error.retryable)) throw error;
    return await probeAnyNode(address, others);
  }
}

async function probeServer(address: RedisAddress): Promise<RedisProbe> {
  const { info, slots } = await ask(address, async ([server]) => {
    const answered = (await server?.info()) ?? "";
    return { info: answered, slots: fieldOf(answered, "redis_mode") === "cluster" ? await readSlots(server) : undefined };
  });
  if (fieldOf(info, "redis_mode") === "sentinel") throw isSentinel(address);
  if (slots === undefined) {
    if (fieldOf(info, "role") === "slave") throw isReplica(address, info);
    return { address, ...judge([info]) };
  }
  const cluster = clusterToConnectTo(address, slots);
  const infos = cluster === address ? [info] : await ask(cluster, async (servers) => await Promise.all(servers.map((server) => server.info())));
  return { address: cluster, ...judge(infos), primaries: infos.length };
}

function judge(infos: readonly string[]): Pick<RedisProbe, "version" | "maxmemoryPolicy" | "appendOnly"> {
  const policies = infos.map((info) => fieldOf(info, "maxmemory_policy"));
  return {
    version: fieldOf(infos[0] ?? "", "redis_version"),
    maxmemoryPolicy: policies.find((policy) => policy !== "noeviction") ?? policies[0] ?? "unknown",
    appendOnly: infos.every((info) => fieldOf(info, "aof_enabled") === "1"),
  };
}

/** Connects, asks the server, or each primary of a cluster, and disconnects. */
async function ask<Answer>(address: RedisAddress, question: (servers: readonly Redis[]) => Promise<Answer>): Promise<Answer> {
  const client = createClient(address, "ends");
  let lost: Error | undefined;
  client.on("error", (error: Error) => (lost ??= error));
  const timer = new AbortController();
  try {
    return await Promise.race([connectAndAsk(client, question), failLate(timer.signal)]);
  } catch (error) {
    throw error instanceof LedgerError ? error : cannotBeAsked(address, lost ?? error);
  } finally {
    timer.abort();
    client.disconnect();
  }
}

async function connectAndAsk<Answer>(client: RedisClient, question: (servers: readonly Redis[]) => Promise<Answer>): Promise<Answer> {
  await client.connect();
  return await question(client instanceof Cluster ? client.nodes("master") : [client]);
}

/** Needed because a cluster client that finds no node neither connects nor fails. */
async function failLate(signal: AbortSignal): Promise<never> {
  await delay(LONGEST_PROBE_MS, undefined, { signal });
  throw new Error(`no answer within ${LONGEST_PROBE_MS / 1000} seconds`);
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "unknown";
}

function cannotBeAsked(address: RedisAddress, cause: unknown): LedgerError {
  return new LedgerError("storage_unavailable", `Redis at ${showRedis(address)} does not answer: ${reasonOf(cause)}`, {
    remedy: "start it, or correct redis: in the configuration (redis://host:port)",
    retryable: true,
    cause,
  });
}

function isSentinel(address: RedisAddress): LedgerError {
  return new LedgerError("config_invalid", `redis: ${showRedis(address)} is a Sentinel, which keeps no jobs`, {
    remedy: "redis: {sentinels: [url, …], name: NAME}, with the name under which the Sentinel watches the server",
  });
}

function isNoCluster(address: RedisAddress): LedgerError {
  return new LedgerError("config_invalid", `redis: ${showRedis(address)} is not in cluster mode`, {
    remedy: "give the url of the one server: redis: redis://host:port",
  });
}

function isReplica(address: RedisAddress, info: string): LedgerError {
  const primary = `${fieldOf(info, "master_host")}:${fieldOf(info, "master_port")}`;
  return new LedgerError("storage_unavailable", `Redis at ${showRedis(address)} is a replica of ${primary}, and takes no jobs`, {
    remedy: "name its primary, or the Sentinels that know which server that is: redis: {sentinels: [url, …], name: NAME}",
    retryable: true,
  });
}

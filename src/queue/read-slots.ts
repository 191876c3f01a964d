import type { Redis } from "ioredis";
import { z } from "zod";
import { LedgerError } from "../ledger/errors.ts";
import { type RedisAddress, type RedisServer, showRedis } from "./redis-address.ts";

/** What a node reports about its cluster. */
export interface ClusterSlots {
  /** Whether each slot has a node that answers, so that the cluster takes commands. */
  isWhole: boolean;
  /** Addresses of the nodes that hold keys; undefined for a node that does not report its address. */
  hosts: (string | undefined)[];
}

/** First slot, last slot, the primary (host, port, id, …), its replicas. */
const slotRanges = z.array(z.tuple([z.number(), z.number(), z.tuple([z.string().nullable(), z.number(), z.string()], z.unknown())], z.unknown()));

export async function readSlots(server: Redis | undefined): Promise<ClusterSlots> {
  const info = String(await server?.call("CLUSTER", "INFO"));
  const ranges = slotRanges.parse((await server?.call("CLUSTER", "SLOTS")) ?? []);
  const hosts = new Map(ranges.map(([, , [host, , id]]) => [id, host || undefined]));
  return { isWhole: info.includes("cluster_state:ok"), hosts: [...hosts.values()] };
}

/**
 * The cluster whose node is at that address. A node that never met another node does not know its own address, so no cluster client
 * finds it. It holds all slots and takes every command itself, so it is connected to like a single server.
 */
export function clusterToConnectTo(address: RedisAddress, { isWhole, hosts }: ClusterSlots): RedisAddress {
  if (!isWhole) throw isBroken(address);
  const server = serverOf(address);
  if (namesDatabase(server.url)) throw hasDatabase(address);
  if (!hosts.includes(undefined)) return { cluster: [server.url], ...(server.certificates === undefined ? {} : { certificates: server.certificates }) };
  if (hosts.length === 1) return address;
  throw namesNoNodes(address);
}

function serverOf(address: RedisAddress): RedisServer {
  if (typeof address === "string") return { url: address };
  if ("url" in address) return address;
  throw new LedgerError("config_invalid", `redis: ${showRedis(address)} is in cluster mode, which does not use Sentinels`, {
    remedy: "redis: {cluster: [url, …]}",
  });
}

function namesDatabase(url: string): boolean {
  return !["", "/", "/0"].includes(new URL(url).pathname);
}

function isBroken(address: RedisAddress): LedgerError {
  return new LedgerError("storage_unavailable", `the cluster of ${showRedis(address)} is not complete: some slots have no node that answers`, {
    remedy: "redis-cli cluster info, and redis-cli --cluster check",
    retryable: true,
  });
}

function hasDatabase(address: RedisAddress): LedgerError {
  return new LedgerError("config_invalid", `redis: ${showRedis(address)} names a database, but a cluster has only one`, {
    remedy: "leave out the part after the port; ledgers that share a cluster have different key prefixes",
  });
}

function namesNoNodes(address: RedisAddress): LedgerError {
  return new LedgerError("config_invalid", `the cluster of ${showRedis(address)} does not report the addresses of its nodes`, {
    remedy: "set cluster-preferred-endpoint-type to ip or hostname on its nodes",
  });
}

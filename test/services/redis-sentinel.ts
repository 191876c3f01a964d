import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { answersPing } from "./redis.ts";
import { freePorts, type ServiceProcesses } from "./service-processes.ts";

export interface WatchedRedis {
  /** Urls of the Sentinels. */
  sentinels: string[];
  /** Name under which they watch the primary. */
  name: string;
  primary: string;
  replica: string;
  killPrimary(): Promise<void>;
}

const NAME = "queue";
const DOWN_AFTER_MS = 1000;
const SENTINELS = 3;

/** A primary, a replica, and three Sentinels that make the replica the primary when two of them miss it. */
export async function startWatchedRedis(services: ServiceProcesses): Promise<WatchedRedis> {
  const [primary = 0, replica = 0, ...sentinels] = await freePorts(2 + SENTINELS);
  await startServer(services, "primary", primary, []);
  await startServer(services, "replica", replica, ["--replicaof", "127.0.0.1", String(primary), "--repl-diskless-sync-delay", "0"]);
  const watcher = new Redis(replica, "127.0.0.1");
  await services.ready("replica", async () => (await watcher.info("replication")).includes("master_link_status:up"));
  watcher.disconnect();
  await Promise.all(sentinels.map((port, index) => startSentinel(services, `sentinel-${index}`, port, primary)));
  const [first = 0] = sentinels;
  const sentinel = new Redis(first, "127.0.0.1");
  await services.ready("sentinel-0", async () => {
    const known = (await sentinel.call("SENTINEL", "MASTER", NAME)) as string[];
    const count = (field: string): number => Number(known[known.indexOf(field) + 1]);
    return count("num-slaves") === 1 && count("num-other-sentinels") === SENTINELS - 1;
  });
  sentinel.disconnect();
  return {
    sentinels: sentinels.map(urlAt),
    name: NAME,
    primary: urlAt(primary),
    replica: urlAt(replica),
    killPrimary: () => services.kill("primary"),
  };
}

async function startServer(services: ServiceProcesses, name: string, port: number, more: readonly string[]): Promise<void> {
  const directory = join(services.directory, name);
  mkdirSync(directory, { recursive: true });
  const listening = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  services.start(name, "redis-server", [...listening, "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction", ...more]);
  await services.ready(name, () => answersPing(port));
}

/** A Sentinel writes what it learns into its configuration. */
async function startSentinel(services: ServiceProcesses, name: string, port: number, primary: number): Promise<void> {
  const file = join(services.directory, `${name}.conf`);
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${services.directory}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  services.start(name, "redis-server", [file, "--sentinel"]);
  await services.ready(name, () => answersPing(port));
}

function urlAt(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

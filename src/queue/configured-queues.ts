import type { Telemetry } from "bullmq";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { probeRedis } from "./probe-redis.ts";
import { type LedgerQueues, openQueues, type QueueSettings } from "./open-queues.ts";
import { readRedisAddress } from "./read-redis-address.ts";

export interface ConfiguredQueues {
  queues: LedgerQueues;
  settings: QueueSettings;
}

/** Opens the queues of the ledger at that lake. Throws `storage_unavailable` if Redis does not answer. */
export async function openConfiguredQueues(config: Config, lakeUrl: string, log: Logger): Promise<ConfiguredQueues> {
  const { address: redis, maxmemoryPolicy, appendOnly } = await probeRedis(await readRedisAddress(config.redis));
  if (maxmemoryPolicy !== "noeviction") log.warn({ maxmemoryPolicy }, "Redis may drop jobs: set maxmemory-policy noeviction");
  if (!appendOnly) log.info("Redis keeps no append-only file: after its restart, jobs are gone until the next pull finds them again");
  const settings: QueueSettings = {
    redis,
    lakeUrl,
    attempts: config.worker.attempts,
    backoffMilliseconds: config.worker.backoff_seconds * 1000,
    ...(config.worker.telemetry ? { telemetry: await openTelemetry() } : {}),
  };
  return { queues: openQueues(settings, log), settings };
}

/** Spans of jobs; the tracer that the process was started with decides where they go. */
async function openTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import("bullmq-otel");
  return new BullMQOtel({ tracerName: "aperture-ledger" });
}

import type { Telemetry } from "bullmq";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { probeRedis } from "../queue/probe-redis.ts";
import { type LedgerQueues, openQueues, type QueueSettings } from "../queue/open-queues.ts";
import { readRedisAddress } from "./redis-address.ts";

export interface OpenQueue {
  queues: LedgerQueues;
  settings: QueueSettings;
}

/** Opens the queue of the ledger at that lake. Throws `storage_unavailable` when Redis does not answer. */
export async function openQueue(config: Config, lakeUrl: string, log: Logger): Promise<OpenQueue> {
  const { address: redis, maxmemoryPolicy, appendOnly } = await probeRedis(await readRedisAddress(config.redis));
  if (maxmemoryPolicy !== "noeviction") log.warn({ maxmemoryPolicy }, "Redis may drop jobs: set maxmemory-policy noeviction");
  if (!appendOnly) log.info("Redis does not keep an append-only file: after a restart the next pull starts over");
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

import { setTimeout as delay } from "node:timers/promises";
import { FlowProducer, type JobsOptions, Queue, type Telemetry } from "bullmq";
import type { Logger } from "pino";
import type { RedisAddress } from "./redis-address.ts";
import type { RedisClient } from "./redis-client.ts";
import { connectRedis, disconnectRedis, keyPrefix } from "./redis-connection.ts";

/** Exports have a queue of their own, so that a thousand waiting exports do not delay a pull or the nightly build. */
export const EXPORTS_QUEUE = "exports";
export const JOBS_QUEUE = "jobs";

export interface QueueSettings {
  redis: RedisAddress;
  /** Root of the lake. Each lake has its own keys in Redis. */
  lakeUrl: string;
  /** Tries of a job whose failure is retryable. */
  attempts: number;
  /** Pause after the first try. It doubles with each try, and half of it is random. */
  backoffMilliseconds: number;
  /** Length of the span whose exports one checkpoint lists; 5 minutes by default. */
  checkpointMilliseconds?: number;
  telemetry?: Telemetry;
}

export interface LedgerQueues {
  exports: Queue;
  jobs: Queue;
  flows: FlowProducer;
  connection: RedisClient;
  /** Asks the server that holds the ledger's keys: other nodes of a cluster may answer while this one is down. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Bounds on everything that Redis keeps of finished work, so that it does not grow with the worker's uptime. */
const KEPT_EVENTS = 1000;
const KEPT_COMPLETED = 200;
const KEPT_FAILED = { age: 7 * 86_400, count: 1000 };
const KEPT_LOG_LINES = 50;
const JITTER = 0.5;
const LONGEST_CLOSE_MILLISECONDS = 1000;

/** Opens the queues for adding and inspecting jobs. Nothing is sent to Redis yet. */
export function openQueues(settings: QueueSettings, log: Logger): LedgerQueues {
  const connection = connectRedis(settings.redis, "fails", log);
  const options = {
    connection,
    prefix: keyPrefix(settings.lakeUrl),
    ...(settings.telemetry === undefined ? {} : { telemetry: settings.telemetry }),
  };
  const open = (name: string): Queue => {
    const queue = new Queue(name, { ...options, defaultJobOptions: jobOptions(settings), streams: { events: { maxLen: KEPT_EVENTS } } });
    queue.on("error", ignoreRepeated);
    return queue;
  };
  const [exports, jobs] = [open(EXPORTS_QUEUE), open(JOBS_QUEUE)];
  const flows = new FlowProducer(options);
  flows.on("error", ignoreRepeated);
  return {
    exports,
    jobs,
    flows,
    connection,
    async check() {
      await connection.exists(`${options.prefix}:${JOBS_QUEUE}:meta`);
    },
    async close() {
      // While Redis is down, BullMQ waits for it in order to disconnect.
      const closed = Promise.allSettled([exports.close(), jobs.close(), flows.close()]);
      await Promise.race([closed, delay(LONGEST_CLOSE_MILLISECONDS, undefined, { ref: false })]);
      disconnectRedis(connection);
    },
  };
}

/** Options for the jobs of a flow, which do not inherit their queue's defaults. */
export function jobOptions({ attempts, backoffMilliseconds }: Pick<QueueSettings, "attempts" | "backoffMilliseconds">): JobsOptions {
  return {
    attempts,
    backoff: { type: "exponential", delay: backoffMilliseconds, jitter: JITTER },
    removeOnComplete: { count: KEPT_COMPLETED },
    removeOnFail: KEPT_FAILED,
    keepLogs: KEPT_LOG_LINES,
  };
}

/** The connection reports an outage itself; BullMQ repeats the report for each user of the connection. */
function ignoreRepeated(): undefined {
  return undefined;
}

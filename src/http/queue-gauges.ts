import type { Queue } from "bullmq";
import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { shareRun, waitFor } from "./share-run.ts";

const WAIT_SECONDS = 5;

type CountedQueue = Pick<Queue, "name" | "getJobCounts">;
type Counts = Record<string, number>;

/** Jobs in Redis now. Counts that cannot be read are left out, because old ones would suggest that nothing happens. */
export class QueueGauges {
  readonly #jobs: Gauge<"queue" | "state">;
  readonly #readFailed: Gauge<"queue">;
  readonly #readers: readonly { queue: string; read: () => Promise<Counts> }[];
  readonly #log: Logger | undefined;

  constructor(registry: Registry, { queues, log }: { queues: readonly CountedQueue[]; log?: Logger }) {
    const registers = [registry];
    this.#jobs = new Gauge({
      name: "aperture_ledger_jobs",
      help: "Jobs by queue and state, the same from every worker; completed and failed jobs as long as Redis keeps them.",
      labelNames: ["queue", "state"],
      registers,
    });
    this.#readFailed = new Gauge({
      name: "aperture_ledger_queue_read_failed",
      help: "1 if the queue's jobs could not be counted: aperture_ledger_jobs then lacks them.",
      labelNames: ["queue"],
      registers,
    });
    this.#readers = queues.map((queue) => ({ queue: queue.name, read: shareRun(async () => await queue.getJobCounts()) }));
    this.#log = log;
  }

  /** Waits a few seconds at most. */
  async refresh(): Promise<void> {
    const counted = await Promise.all(
      this.#readers.map(async ({ queue, read }) => {
        try {
          return { queue, counts: await waitFor(read(), WAIT_SECONDS, "Redis") };
        } catch (error) {
          this.#log?.warn({ queue, err: error }, "jobs cannot be counted");
          return { queue, counts: undefined };
        }
      }),
    );
    this.#jobs.reset();
    for (const { queue, counts } of counted) {
      this.#readFailed.set({ queue }, counts === undefined ? 1 : 0);
      for (const [state, count] of Object.entries(counts ?? {})) this.#jobs.set({ queue, state }, count);
    }
  }
}

import type { Queue } from "bullmq";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { JobObserver } from "../run/job-observer.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { LakeGauges } from "./lake-gauges.ts";
import { QueueGauges } from "./queue-gauges.ts";
import { WorkMeters } from "./work-meters.ts";

export interface MeasuredParts {
  lake: ObjectStore;
  /** Where the copies are, to tell how many bytes; left out, nothing tells it. */
  archive?: ObjectStore;
  queues: readonly Pick<Queue, "name" | "getJobCounts">[];
  /** How days are priced by now, to tell which are stale; left out, nothing is. */
  openPricing?: () => Promise<PricingOf>;
  clock: () => Date;
  /** Hears why something could not be read. */
  log?: Logger;
}

/** What Prometheus is told: of this worker's work as it happens, of the queues and the lake as they are when it asks. */
export class LedgerMetrics implements JobObserver {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #work: WorkMeters;
  readonly #queues: QueueGauges;
  readonly #lake: LakeGauges;

  constructor(parts: MeasuredParts) {
    this.contentType = this.#registry.contentType;
    this.#work = new WorkMeters(this.#registry);
    this.#queues = new QueueGauges(this.#registry, parts);
    this.#lake = new LakeGauges(this.#registry, parts);
    // Under their usual names, by which everybody's dashboards know them.
    collectDefaultMetrics({ register: this.#registry });
  }

  jobFinished(job: Parameters<JobObserver["jobFinished"]>[0]): void {
    this.#work.jobFinished(job);
  }

  exportsSeen(instance: string, seen: number): void {
    this.#work.exportsSeen(instance, seen);
  }

  exportIngested(ingested: Parameters<JobObserver["exportIngested"]>[0]): void {
    this.#work.exportIngested(ingested);
  }

  /** Text in Prometheus' format. Never fails: what cannot be read is left out, and a gauge says so. */
  async render(): Promise<string> {
    await Promise.all([this.#queues.refresh(), this.#lake.refresh()]);
    return await this.#registry.metrics();
  }
}

import type { Queue } from "bullmq";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { JobObserver } from "../run/job-observer.ts";
import type { KnownVerification } from "../run/last-verification.ts";
import type { Spending } from "../run/read-spending.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { HealthReading } from "./lake-figures.ts";
import { LakeGauges } from "./lake-gauges.ts";
import { QueueGauges } from "./queue-gauges.ts";
import { SpendingGauges } from "./spending-gauges.ts";
import { WorkMeters } from "./work-meters.ts";
import type { Clock } from "../ledger/clock.ts";

export interface MeasuredParts {
  lake: ObjectStore;
  /** Holds the copies, whose bytes are shown; without it they are not. */
  archive?: ObjectStore;
  queues: readonly Pick<Queue, "name" | "getJobCounts">[];
  /** How days are priced today, which decides which of them are stale; without it, prices are left out. */
  openPricing?: () => Promise<PricingOf>;
  /** Finds the last verification of the archive; without it, it is not shown. */
  findVerification?: () => Promise<KnownVerification | null>;
  /** Settings for the conditions of the ledger itself; without them the metrics have no conditions. */
  health?: HealthReading;
  /** Reads budgets and the month to date; without it they are not shown. */
  readSpending?: () => Promise<Spending>;
  clock: Clock;
  /** Receives the reasons of failed readings. */
  log?: Logger;
}

/** The metrics for Prometheus: this worker's jobs as they happen, queues and lake at the time of each scrape. */
export class LedgerMetrics implements JobObserver {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #work: WorkMeters;
  readonly #queues: QueueGauges;
  readonly #lake: LakeGauges;
  readonly #spending: SpendingGauges | undefined;

  constructor(parts: MeasuredParts) {
    this.contentType = this.#registry.contentType;
    this.#work = new WorkMeters(this.#registry);
    this.#queues = new QueueGauges(this.#registry, parts);
    this.#lake = new LakeGauges(this.#registry, parts);
    this.#spending = parts.readSpending === undefined ? undefined : new SpendingGauges(this.#registry, { ...parts, read: parts.readSpending });
    // Under their usual names, which common dashboards use.
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

  hookAnswered(outcome: Parameters<WorkMeters["hookAnswered"]>[0]): void {
    this.#work.hookAnswered(outcome);
  }

  /** Text in Prometheus' format. Never fails: figures that cannot be read are left out, and a gauge shows it. */
  async render(): Promise<string> {
    await Promise.all([this.#queues.refresh(), this.#lake.refresh(), this.#spending?.refresh()]);
    return await this.#registry.metrics();
  }
}

import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { JobObserver } from "../run/job-observer.ts";
import type { HookOutcome } from "./hooks/hook-door.ts";

const PREFIX = "aperture_ledger_";
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JOB_SECONDS = [0.05, 0.1, 0.5, 1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/** Exporters write every few minutes or once an hour. The last buckets show a worker that was off for a weekend. */
const LAG_SECONDS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY];

/** Meters of this worker's activity since its start. */
export class WorkMeters implements JobObserver {
  readonly #jobSeconds: Histogram<"job" | "outcome">;
  readonly #seen: Gauge<"instance">;
  readonly #lag: Histogram<"instance">;
  readonly #bytes: Counter<"instance">;
  readonly #hooks: Counter<"outcome">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#jobSeconds = new Histogram({
      name: `${PREFIX}job_duration_seconds`,
      help: "How long jobs took on this worker, by name and outcome (completed, failed, handed_back).",
      labelNames: ["job", "outcome"],
      buckets: JOB_SECONDS,
      registers,
    });
    this.#seen = new Gauge({
      name: `${PREFIX}exports_seen`,
      help: "Export objects that this worker's last pull found at the source.",
      labelNames: ["instance"],
      registers,
    });
    this.#lag = new Histogram({
      name: `${PREFIX}export_lag_seconds`,
      help: "From an export's own time to the end of its ingestion by this worker; old exports that are ingested later count as well.",
      labelNames: ["instance"],
      buckets: LAG_SECONDS,
      registers,
    });
    this.#bytes = new Counter({
      name: `${PREFIX}export_bytes_ingested_total`,
      help: "Bytes of the export objects that this worker ingested, in their compressed form.",
      labelNames: ["instance"],
      registers,
    });
    this.#hooks = new Counter({
      name: `${PREFIX}hooks_total`,
      help: "Calls of the gateway's hooks that this worker let in, by outcome (counted, dropped, unreadable).",
      labelNames: ["outcome"],
      registers,
    });
  }

  hookAnswered(outcome: HookOutcome): void {
    this.#hooks.inc({ outcome });
  }

  jobFinished({ name, outcome, seconds }: Parameters<JobObserver["jobFinished"]>[0]): void {
    this.#jobSeconds.observe({ job: name, outcome: outcome.replaceAll(" ", "_") }, seconds);
  }

  exportsSeen(instance: string, seen: number): void {
    this.#seen.set({ instance }, seen);
  }

  exportIngested({ instance, bytes, lagSeconds }: Parameters<JobObserver["exportIngested"]>[0]): void {
    this.#bytes.inc({ instance }, bytes);
    // An export from a clock that is ahead is ingested before its own time.
    this.#lag.observe({ instance }, Math.max(0, lagSeconds));
  }
}

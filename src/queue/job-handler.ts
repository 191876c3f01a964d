import type { JobObserver } from "../run/job-observer.ts";
import type { Ledger } from "../open/ledger.ts";
import type { Freshness } from "../open/ledger-services.ts";
import type { LedgerQueues, QueueSettings } from "./open-queues.ts";
import type { Clock } from "../ledger/clock.ts";

/** What a job works with. The ledger is opened for each job, because the gateways' configuration changes over months. */
export interface JobTools {
  openLedger: (freshness: Freshness) => Promise<Ledger>;
  queues: LedgerQueues;
  settings: QueueSettings;
  observer: JobObserver;
  /** IANA time zone of months in reports. */
  timezone: string;
  clock: Clock;
}

/** The result is kept in the job in Redis, so it holds counts and names, and nothing from records. */
export type JobHandler = (data: unknown, tools: JobTools) => Promise<unknown>;

/** By the name of the job. */
export type JobHandlers = Readonly<Record<string, JobHandler>>;

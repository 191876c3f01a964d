import type { JobObserver } from "../run/job-observer.ts";
import type { Ledger } from "../open/ledger.ts";
import type { LedgerQueues, QueueSettings } from "./open-queues.ts";

/** What a job works with; the ledger is opened anew for each, since configuration of the gateways changes over months. */
export interface JobTools {
  /** `is asked`: the gateways' configuration is fetched and kept; else it is what was kept last. */
  openLedger: (gateway: "is asked" | "is as kept") => Promise<Ledger>;
  queues: LedgerQueues;
  settings: QueueSettings;
  observer: JobObserver;
  /** IANA time zone of months in reports. */
  timezone: string;
  clock: () => Date;
}

/** What a handler resolves to goes into the job's record: counts and names, nothing out of records. */
export type JobHandler = (data: unknown, tools: JobTools) => Promise<unknown>;

/** By the name of the job. */
export type JobHandlers = Readonly<Record<string, JobHandler>>;

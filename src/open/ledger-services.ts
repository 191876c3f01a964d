import type { Logger } from "pino";
import type { LandExport } from "../ingest/land-export.ts";
import type { Progress } from "./ledger.ts";
import type { Clock } from "../ledger/clock.ts";

export interface LedgerServices {
  log: Logger;
  progress: Progress;
  clock: Clock;
  /** Writes a line for the alert target `stdout`. Without it the line goes to the log, because standard output must stay one JSON object. */
  print?: (json: string) => void;
  /** Lands exports; without it they land in threads if there is more than one processor. */
  land?: LandExport;
  /** False for work that signs nothing: a process that only reads need not have access to the private key. */
  signs?: boolean;
}

/** `refresh` asks gateways and tailnet policy and keeps their answers in the lake; `cached` uses the answers kept last. */
export type Freshness = "refresh" | "cached";

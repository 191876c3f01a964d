import type { Logger } from "pino";
import type { LandExport } from "../ingest/land-export.ts";
import type { Progress } from "./ledger.ts";

export interface LedgerServices {
  log: Logger;
  progress: Progress;
  clock: () => Date;
  /** Writes a line for the alert target standard output; without it the line goes to the log, as standard output has to stay one JSON object. */
  print?: (json: string) => void;
  /** Lands exports; without it they land in threads if there is more than one processor. */
  land?: LandExport;
  /** Of work that signs nothing: the private key is for few, and whoever only looks need not be able to read it. */
  signs?: boolean;
}

/** `is asked`: a gateway's configuration is fetched and kept in the lake; else it is what was kept last. */
export type Gateway = "is asked" | "is as kept";

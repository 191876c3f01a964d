import type { LedgerContext } from "../../jobs/ledger-context.ts";
import type { Config } from "../config.ts";
import { LedgerMetrics } from "../http/metrics.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";
import type { LedgerServices } from "./ledger-services.ts";
import { openHolds } from "./open-holds.ts";
import { openKeptPricing } from "./open-pricing.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface Door {
  metrics: LedgerMetrics;
  /** Where it is served; undefined when it is not. */
  url: string | undefined;
  close(): Promise<void>;
}

interface Behind extends Pick<LedgerServices, "log" | "clock"> {
  queues: LedgerQueues;
  lake: ObjectStore;
  archive: ObjectStore;
  openLedger: () => Promise<LedgerContext>;
}

/** Serves health, metrics, jobs and reports where the configuration or a flag says at which port; else nothing is served. */
export async function openDoor(config: Config, flags: { host?: string; port?: number }, behind: Behind): Promise<Door> {
  const { queues, lake, archive, log, clock, openLedger } = behind;
  const shown = [queues.jobs, queues.exports];
  const metrics = new LedgerMetrics({ lake, archive, queues: shown, clock, log, openPricing: () => openKeptPricing(config, lake) });
  const port = flags.port ?? config.http?.port;
  if (port === undefined) return { metrics, url: undefined, close: () => Promise.resolve() };
  const host = flags.host ?? config.http?.host ?? "127.0.0.1";
  // Loaded where it is served: the board and the server take as long as everything else of a worker's start.
  const [{ resolveAllowList }, { serveHttp }] = await Promise.all([import("../http/allow-list.ts"), import("../http/serve-http.ts")]);
  const allow = await resolveAllowList(config.http?.allow, config.directory.policy);
  const served = await serveHttp({ host, port, allow }, { queues: shown, checkRedis: queues.check, lake, metrics, holds: openHolds(config, openLedger, clock), log });
  return { metrics, url: served.url, close: () => served.close() };
}

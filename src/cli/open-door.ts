import type { Ledger, Stores } from "../open/ledger.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { LedgerMetrics } from "../http/metrics.ts";
import { readProxySecret, type Secret } from "../http/proxy-secret.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";
import { findSecret } from "../open/find-secret.ts";
import type { LedgerServices } from "../open/ledger-services.ts";
import { openHolds } from "./open-holds.ts";
import { openKeptPricing } from "../open/open-pricing.ts";

const PROXY_SECRET = "APERTURE_LEDGER_HTTP_SECRET";

export interface Door {
  metrics: LedgerMetrics;
  /** Where it is served; undefined when it is not. */
  url: string | undefined;
  close(): Promise<void>;
}

interface Behind extends Pick<LedgerServices, "log" | "clock"> {
  queues: LedgerQueues;
  stores: Stores;
  openLedger: () => Promise<Ledger>;
}

/** Serves health, metrics, jobs and reports where the configuration or a flag says at which port; else nothing is served. */
export async function openDoor(config: Config, flags: { host?: string; port?: number }, behind: Behind): Promise<Door> {
  const { queues, stores: { lake, archive }, log, clock, openLedger } = behind;
  const shown = [queues.jobs, queues.exports];
  const metrics = new LedgerMetrics({ lake, archive, queues: shown, clock, log, openPricing: () => openKeptPricing(config, lake) });
  const written = config.http;
  const port = flags.port ?? written?.port;
  const socket = written?.socket === undefined ? undefined : { path: written.socket, mode: Number.parseInt(written.socket_mode, 8) };
  if (port === undefined && socket === undefined) return { metrics, url: undefined, close: () => Promise.resolve() };
  const host = flags.host ?? written?.host ?? "127.0.0.1";
  // Loaded where it is served: the board and the server take as long as everything else of a worker's start.
  const [{ resolveAllowList }, { serveHttp }] = await Promise.all([import("../http/allow-list.ts"), import("../http/serve-http.ts")]);
  const allow = await resolveAllowList(written?.allow, config.directory.policy);
  const secret = await openProxySecret(written?.secret_file, allow);
  const hosts = written?.hosts === undefined ? undefined : new Set(written.hosts.map((name) => name.toLowerCase()));
  const checkRedis = async (): Promise<void> => await queues.check();
  const holds = openHolds(config, archive, openLedger, clock);
  const served = await serveHttp({ host, port, socket, allow, hosts, secret }, { queues: shown, checkRedis, lake, metrics, holds, log });
  return { metrics, url: served.url, close: () => served.close() };
}

/** Throws `config_invalid` where the proxy would be told from others and nobody be let in through it. */
async function openProxySecret(file: string | undefined, allow: ReadonlySet<string> | null): Promise<Secret | undefined> {
  const found = await findSecret(file, PROXY_SECRET);
  if (found === undefined) return undefined;
  if (allow !== null) return readProxySecret(found.text, found.where);
  throw new LedgerError("config_invalid", `${found.where} has the proxy's secret, and http.allow does not say who may come in through it`, { remedy: "set http.allow, or leave the secret out" });
}

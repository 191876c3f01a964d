import type { Ledger, Stores } from "../open/ledger.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { LedgerMetrics } from "../http/metrics.ts";
import { readProxySecret, type Secret } from "../http/proxy-secret.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";
import { findSecret } from "../open/find-secret.ts";
import type { LedgerServices } from "../open/ledger-services.ts";
import { holdDesk } from "./hold-desk.ts";
import { openKeptPricing } from "../open/configured-prices.ts";

const PROXY_SECRET = "APERTURE_LEDGER_HTTP_SECRET";

export interface StartedHttp {
  metrics: LedgerMetrics;
  /** Undefined if nothing is served. */
  url: string | undefined;
  close(): Promise<void>;
}

interface HttpContext extends Pick<LedgerServices, "log" | "clock"> {
  queues: LedgerQueues;
  stores: Stores;
  openLedger: () => Promise<Ledger>;
}

/** Serves health, metrics, jobs and reports if the configuration or a flag names a port or a socket. */
export async function startHttp(config: Config, flags: { host?: string; port?: number }, context: HttpContext): Promise<StartedHttp> {
  const { queues, stores: { lake, archive }, log, clock, openLedger } = context;
  const shown = [queues.jobs, queues.exports];
  const metrics = new LedgerMetrics({ lake, archive, queues: shown, clock, log, openPricing: () => openKeptPricing(config, lake) });
  const written = config.http;
  const port = flags.port ?? written?.port;
  const socket = written?.socket === undefined ? undefined : { path: written.socket, mode: Number.parseInt(written.socket_mode, 8) };
  if (port === undefined && socket === undefined) return { metrics, url: undefined, close: () => Promise.resolve() };
  const host = flags.host ?? written?.host ?? "127.0.0.1";
  // Loaded on demand: board and server take as long to load as the rest of a worker.
  const [{ resolveAllowList }, { serveHttp }] = await Promise.all([import("../http/allow-list.ts"), import("../http/serve-http.ts")]);
  const allow = await resolveAllowList(written?.allow, config.directory.policy);
  const secret = await openProxySecret(written?.secret_file, allow);
  const hosts = written?.hosts === undefined ? undefined : new Set(written.hosts.map((name) => name.toLowerCase()));
  const checkRedis = async (): Promise<void> => await queues.check();
  const holds = holdDesk(config, archive, openLedger, clock);
  const served = await serveHttp({ host, port, socket, allow, hosts, secret }, { queues: shown, checkRedis, lake, metrics, holds, log });
  return { metrics, url: served.url, close: () => served.close() };
}

/** Throws `config_invalid` for a secret without an allow list: the proxy would be recognised, and nobody admitted through it. */
async function openProxySecret(file: string | undefined, allow: ReadonlySet<string> | null): Promise<Secret | undefined> {
  const found = await findSecret(file, PROXY_SECRET);
  if (found === undefined) return undefined;
  if (allow !== null) return readProxySecret(found.text, found.where);
  throw new LedgerError("config_invalid", `${found.where} has the proxy's secret, but http.allow does not say who may use the proxy`, { remedy: "set http.allow, or leave the secret out" });
}

import { randomBytes } from "node:crypto";
import type { Ledger, Stores } from "../open/ledger.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Clock } from "../ledger/clock.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { SpendingReader } from "../run/keep-spending.ts";
import type { TeamsOfLogin, TeamVisitors } from "../http/teams/team-access.ts";
import { LedgerMetrics } from "../http/metrics.ts";
import type { Journal, keepJournal } from "../http/keep-journal.ts";
import { readHeaderSecret, type Secret } from "../http/header-secret.ts";
import { HIDE_NOTHING, hideOnPages } from "../http/hide-on-pages.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";
import { budgetsOf } from "../open/configured-budgets.ts";
import { span } from "../open/archive-settings.ts";
import { findSecret } from "../open/find-secret.ts";
import type { LedgerServices } from "../open/ledger-services.ts";
import { type Explorer, openExplorer } from "../explore/open-explorer.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { holdDesk } from "./hold-desk.ts";
import { healthSettings } from "../open/health-settings.ts";
import { startHooks } from "./start-hooks.ts";
import { openKeptPricing } from "../open/configured-prices.ts";

const PROXY_SECRET = "APERTURE_LEDGER_HTTP_SECRET";
const METRICS_TOKEN = "APERTURE_LEDGER_METRICS_TOKEN";

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

/** Serves the state of the ledger, health, metrics, jobs and reports if the configuration or a flag names a port or a socket. */
export async function startHttp(config: Config, flags: { host?: string; port?: number }, context: HttpContext): Promise<StartedHttp> {
  const { queues, stores: { lake, archive }, log, clock, openLedger } = context;
  const shown = [queues.jobs, queues.exports];
  const readSpend = loadedSpending();
  const hiding = config.privacy.callers === "name" ? HIDE_NOTHING : hideOnPages(budgetsOf(config));
  const metrics = new LedgerMetrics({
    lake, archive, queues: shown, clock, log,
    health: { gateways: config.sources.map(({ name }) => name), settings: healthSettings(config) },
    openPricing: () => openKeptPricing(config, lake),
    findVerification: async () => await (await import("../run/last-verification.ts")).findLastVerification(lake, archive, await publicKeyOf(config)),
    readSpending: async () => {
      const [ledger, { days }] = [await openLedger(), await loadLedgerState(lake)];
      return hiding.spending(await readSpend(ledger, [...days.values()], clock()));
    },
  });
  const written = config.http;
  const metricsToken = await openMetricsToken(written?.metrics);
  const scraped = written?.metrics?.port === undefined ? undefined : await (await import("../http/metrics-port.ts")).serveMetricsPort({ host: written.metrics.host, port: written.metrics.port, token: metricsToken }, metrics, log);
  const port = flags.port ?? written?.port;
  const socket = written?.socket === undefined ? undefined : { path: written.socket, mode: Number.parseInt(written.socket_mode, 8) };
  if (port === undefined && socket === undefined) {
    if (config.hooks !== undefined) log.warn("hooks is set, but this worker serves no port: set http.port or http.socket");
    return { metrics, url: undefined, close: async () => await scraped?.close() };
  }
  try {
    return await servePages();
  } catch (error) {
    await scraped?.close();
    throw error;
  }

  async function servePages(): Promise<StartedHttp> {
    const host = flags.host ?? written?.host ?? "127.0.0.1";
    // Loaded on demand: board and server take as long to load as the rest of a worker.
    const [{ openAllowedLogins }, { serveHttp }] = await Promise.all([import("../http/allow-list.ts"), import("../http/serve-http.ts")]);
    const allowed = await openAllowedLogins(written?.allow, config.directory.policy, log);
    const allow = allowed === null ? null : allowed.logins;
    const secret = await openProxySecret(written?.secret_file, allow);
    const hosts = written?.hosts === undefined ? undefined : new Set(written.hosts.map((name) => name.toLowerCase()));
    const checkRedis = async (): Promise<void> => await queues.check();
    const holds = holdDesk(config, archive, openLedger, clock);
    const hooks = await startHooks(config, { queues, lakeUrl: lake.url, openLedger, observe: (outcome) => metrics.hookAnswered(outcome), clock, log });
    const explorer = configuredExplorer(config, lake, clock);
    const journal = await openJournal(written?.journal, allow !== null, { lake, clock, log });
    const parts = {
      queues: shown, jobs: queues.jobs, checkRedis, lake, metrics, holds, explorer, journal, log,
      hooks: hooks && { door: hooks.door, look: async () => hiding.estimates(await hooks.look()) },
      readOverview: async () => hiding.overview(await (await import("../run/read-overview.ts")).readOverview(await openLedger(), readSpend, await publicKeyOf(config))),
      calendar: { clock, timezone: config.timezone },
      teamsOf: await openTeams(written?.teams ?? "none", openLedger, clock),
    };
    const served = await serveHttp({ host, port, socket, allow, hosts, secret, hookSecret: hooks?.secret, metricsToken }, parts);
    return {
      metrics,
      url: served.url,
      close: async () => {
        allowed?.stop();
        await scraped?.close();
        await served.close();
        await journal?.close();
        await explorer?.close();
        await hooks?.close();
      },
    };
  }
}

/** A worker serves its pages without the key as well; what the chain records is then not shown. */
async function publicKeyOf(config: Config): Promise<string | undefined> {
  return await (await import("./find-public-key.ts")).findPublicKey(config).catch(() => undefined);
}

/** Loaded with the first page or scrape, since this code loads the database. */
function loadedSpending(): SpendingReader {
  let loaded: Promise<SpendingReader> | undefined;
  return async (...of) => await (await (loaded ??= import("../run/keep-spending.ts").then(({ keepSpending }) => keepSpending())))(...of);
}

/** Who belongs to which team now. Undefined where only `http.allow` lets people in. */
async function openTeams(who: TeamVisitors | "none", openLedger: () => Promise<Ledger>, clock: Clock): Promise<TeamsOfLogin | undefined> {
  if (who === "none") return undefined;
  const [{ teamAccess }, { openDirectory }, { settingsAt }] = await Promise.all([import("../http/teams/team-access.ts"), import("../allocation/settings/directory.ts"), import("../allocation/settings/in-force.ts")]);
  return teamAccess(who, async () => openDirectory(settingsAt((await openLedger()).rules.allocation, clock().getTime())), clock);
}

/** Kept by default where people are let in, since only then they have names. */
export async function openJournal(written: NonNullable<Config["http"]>["journal"], isAllowing: boolean, parts: Pick<Parameters<typeof keepJournal>[0], "lake" | "clock" | "log">): Promise<Journal | undefined> {
  if (written === "off" || (written === undefined && !isAllowing)) return undefined;
  return (await import("../http/keep-journal.ts")).keepJournal({ ...parts, keep: span(written?.keep ?? "13 months"), worker: randomBytes(4).toString("hex") });
}

/** Throws `config_invalid` where scraping is configured without a port and without a token: nothing would change. */
async function openMetricsToken(metrics: NonNullable<Config["http"]>["metrics"]): Promise<Secret | undefined> {
  if (metrics === undefined) return undefined;
  const found = await findSecret(metrics.token_file, METRICS_TOKEN);
  if (found !== undefined) return readHeaderSecret(found.text, found.where);
  if (metrics.port !== undefined) return undefined;
  throw new LedgerError("config_invalid", "http.metrics is set, but has neither a port nor a token", { remedy: `set http.metrics.port, http.metrics.token_file, or a token in ${METRICS_TOKEN}` });
}

/** Null where reports hide people: a filter could show what they hide. */
export function configuredExplorer({ privacy, timezone, dimensions }: Config, lake: ObjectStore, clock: Clock): Explorer | null {
  return privacy.callers === "name" ? openExplorer({ lake, clock, timezone, dimensions: [...dimensions.keys()] }) : null;
}

/** Throws `config_invalid` for a secret without an allow list: the proxy would be recognised, and nobody admitted through it. */
async function openProxySecret(file: string | undefined, allow: ReadonlySet<string> | null): Promise<Secret | undefined> {
  const found = await findSecret(file, PROXY_SECRET);
  if (found === undefined) return undefined;
  if (allow !== null) return readHeaderSecret(found.text, found.where);
  throw new LedgerError("config_invalid", `${found.where} has the proxy's secret, but http.allow does not say who may use the proxy`, { remedy: "set http.allow, or leave the secret out" });
}

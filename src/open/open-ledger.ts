import type { ExportSource, LedgerContext, ReportSettings } from "./ledger-context.ts";
import type { LandExport } from "../ingest/land-export.ts";
import { landAsProcessorsAllow } from "../ingest/landing-threads.ts";
import { type Config, toLocation } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { refuseOverlaps } from "./check-places.ts";
import type { Gateway, LedgerServices } from "./ledger-services.ts";
import { aliasErased } from "./open-erased.ts";
import { openArchiving } from "./open-archiving.ts";
import { alertTools, openAnomalyCheck, openNotifying, secretsOf } from "./open-alerts.ts";
import { allocationSettings, policySnapshots } from "./open-allocation.ts";
import { gatewaySnapshots } from "./open-gateways.ts";
import { openRules } from "./open-rules.ts";
import { openLimits } from "./open-limits.ts";
import { loadTrueUps } from "../lake/records/true-ups.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { openPrices } from "./open-pricing.ts";
import { dayPricing } from "../prices/list/price-days.ts";
import { openSource, openStore } from "../storage/open-store.ts";
import { watchQuotas } from "./watch-quotas.ts";

/** What stays open for as long as the process works on one ledger. */
export type LedgerStores = Pick<LedgerContext, "lake" | "archive" | "sources" | "land">;

/** Opens the stores that the configuration names; nothing is read or written yet. */
export async function openStores(config: Config, land: LandExport = landAsProcessorsAllow()): Promise<LedgerStores> {
  const lake = await openLake(config);
  const sources = await openSources(config);
  await refuseOverlaps(config);
  const archive = config.archive.url === undefined ? lake : await openArchive(config);
  return { lake, archive, sources, land };
}

/** The same for a command that writes a lot. Where another process is the only writer it is refused before it does any work. */
export async function openStoresToWrite(config: Config): Promise<LedgerStores> {
  const stores = await openStores(config);
  for (const store of new Set([stores.lake, stores.archive])) await store.prepareWrites?.();
  return stores;
}

/** Everything that a job works with. */
export async function openLedger(
  config: Config,
  services: LedgerServices,
  gateway: Gateway = "is asked",
  stores?: LedgerStores,
): Promise<LedgerContext> {
  const { lake, ...others } = stores ?? (await openStores(config));
  const snapshots = await gatewaySnapshots(config, lake, services, gateway);
  const policies = await policySnapshots(config, lake, services, gateway);
  if (gateway === "is asked") await watchQuotas(config, lake, services, snapshots, policies);
  const archiving = await openArchiving(config, services.signs ?? true);
  const settings = allocationSettings(config, policies, await loadTrueUps(lake));
  const allocation = await aliasErased(settings, others.archive, others.sources.map(({ instance }) => instance), archiving);
  const prices = await openPrices(config, snapshots);
  return {
    lake,
    ...others,
    rulesAt: openRules(config, snapshots),
    archiving,
    alerting: { notifying: openNotifying(config), anomalies: openAnomalyCheck(config), tools: alertTools(services.print ?? ((line) => services.log.info({ alert: line }, "alert")), secretsOf(config)) },
    report: reportSettings(config),
    allocation,
    budgets: () => openLimits(config, allocation),
    prices,
    pricingOf: dayPricing(prices),
    clock: services.clock,
    log: services.log,
    progress: services.progress,
  };
}

export function reportSettings({ allocation, dimensions }: Config): ReportSettings {
  return { tags: allocation.tags, dimensions: [...dimensions.keys()] };
}

export async function openLake(config: Config): Promise<ObjectStore> {
  if (config.lake !== undefined) return await openStore(toLocation(config.lake));
  throw new LedgerError("usage", "no lake is given", {
    remedy: "say where the ledger is kept with --lake URL or lake: in aperture-ledger.yaml",
  });
}

/** The store of its own that the copies are kept in, or the lake. */
export async function openArchive(config: Config): Promise<ObjectStore> {
  const { url } = config.archive;
  return url === undefined ? await openLake(config) : await openStore(toLocation(url));
}

export async function openSources(config: Config): Promise<ExportSource[]> {
  return await Promise.all(
    config.sources.map(async ({ name, url, endpoint, region, path_style: pathStyle }) => ({
      instance: name,
      store: await openSource({ url, endpoint, region, pathStyle }),
    })),
  );
}

import type { ExportSource, Ledger, ReportSettings, Rules, Stores, Telling, Work } from "./ledger.ts";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { GatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
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

/** Opens the stores that the configuration names; nothing is read or written yet. */
export async function openStores(config: Config): Promise<Stores> {
  const lake = await openLake(config);
  const sources = await openSources(config);
  await refuseOverlaps(config);
  const archive = config.archive.url === undefined ? lake : await openArchive(config);
  return { lake, archive, sources };
}

/** The same for a command that writes a lot. Where another process is the only writer it is refused before it does any work. */
export async function openStoresToWrite(config: Config): Promise<Stores> {
  const stores = await openStores(config);
  for (const store of new Set([stores.lake, stores.archive])) await store.prepareWrites?.();
  return stores;
}

/** Everything that a use case works with. */
export async function openLedger(config: Config, services: LedgerServices, gateway: Gateway = "is asked", open?: Stores): Promise<Ledger> {
  const stores = open ?? (await openStores(config));
  const { lake, archive, sources } = stores;
  const snapshots = await gatewaySnapshots(config, lake, services, gateway);
  const policies = await policySnapshots(config, lake, services, gateway);
  if (gateway === "is asked") await watchQuotas(config, lake, services, snapshots, policies);
  const work = await openWork(config, services);
  const settings = allocationSettings(config, policies, await loadTrueUps(lake));
  const allocation = await aliasErased(settings, archive, sources.map(({ instance }) => instance), work.archiving);
  const prices = await openPrices(config, snapshots);
  return { stores, rules: assembleRules(config, snapshots, allocation), money: { prices, pricingOf: dayPricing(prices) }, telling: openTelling(config, services), work };
}

export function assembleRules(config: Config, snapshots: GatewaySnapshots, allocation: AllocationSettings): Rules {
  return { normalisingAt: openRules(config, snapshots), allocation, budgets: () => openLimits(config, allocation), report: reportSettings(config) };
}

export function openTelling(config: Config, { log, progress, print = (line) => log.info({ alert: line }, "alert") }: LedgerServices): Telling {
  const alerting = { notifying: openNotifying(config), anomalies: openAnomalyCheck(config), tools: alertTools(print, secretsOf(config)) };
  return { alerting, log, progress };
}

export async function openWork(config: Config, { land = landAsProcessorsAllow(), clock, signs = true }: Pick<LedgerServices, "land" | "clock" | "signs">): Promise<Work> {
  return { archiving: await openArchiving(config, signs), land, clock };
}

function reportSettings({ allocation, dimensions }: Config): ReportSettings {
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

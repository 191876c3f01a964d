import { catalogueUrl, fetchCatalogue } from "../aperture/gateway/fetch-catalogue.ts";
import type { Config } from "../config/config.ts";
import { boundMonth } from "../ledger/months.ts";
import { type CatalogueSnapshot, type CatalogueSnapshots, keepCatalogue, loadCatalogues } from "../lake/records/catalogue-snapshots.ts";
import { loadCloses } from "../lake/records/close-record.ts";
import type { HttpBounds } from "../storage/fetch-text.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { LedgerServices } from "./ledger-services.ts";

/** Written in place of an address: the gateway is not asked for prices, and the kept ones are not used. */
const NONE = "none";

/**
 * Every gateway's prices by time: the prices in the lake and the current ones. Unreadable prices never stop a run: the error is logged, and the last
 * catalogue counts.
 */
export async function refreshCatalogues(config: Config, lake: ObjectStore, services: Pick<LedgerServices, "clock" | "log">, bounds: HttpBounds): Promise<CatalogueSnapshots> {
  const all = new Map(await loadUsedCatalogues(config, lake));
  const refreshed = await Promise.all(config.sources.map(async (source) => {
    const url = pricesUrl(source, config);
    const kept = all.get(source.name) ?? [];
    return [source.name, url === undefined ? kept : await refreshCatalogue(lake, { instance: source.name, url, kept }, services, bounds)] as const;
  }));
  for (const [instance, kept] of refreshed) if (kept.length > 0) all.set(instance, kept);
  return all;
}

async function refreshCatalogue(
  lake: ObjectStore,
  { instance, url, kept }: { instance: string; url: string; kept: readonly CatalogueSnapshot[] },
  { clock, log }: Pick<LedgerServices, "clock" | "log">,
  bounds: HttpBounds,
): Promise<readonly CatalogueSnapshot[]> {
  try {
    const last = await kept.at(-1)?.read();
    const fetched = await fetchCatalogue(url, last?.etag, bounds);
    if (fetched.state === "unchanged") return kept;
    const { catalogue, etag, missing } = fetched;
    if (missing !== undefined) log.debug({ instance, remedy: missing.remedy }, missing.message);
    // A list of models contains less than a catalogue, so it never replaces a kept catalogue.
    if (catalogue === null || (missing !== undefined && last?.source === "pricing")) return kept;
    return await keepCatalogue(lake, instance, kept, { catalogue, etag }, { now: clock(), closedUntil: () => findClosedUntil(lake) });
  } catch (error) {
    log.warn({ instance, err: error }, `the gateway's prices cannot be read; ${kept.length === 0 ? "requests without an estimate and without a price in the list stay unpriced" : "the prices of the last reading are used"}`);
    return kept;
  }
}

/** The end of the last closed month; null without closed months. */
async function findClosedUntil(lake: ObjectStore): Promise<Date | null> {
  const last = (await loadCloses(lake)).at(-1);
  return last === undefined ? null : boundMonth(last.month, last.timezone).to;
}

/** The kept catalogues, except for gateways with `prices: none` in the configuration. */
export async function loadUsedCatalogues(config: Config, lake: ObjectStore): Promise<CatalogueSnapshots> {
  const unused = new Set(config.sources.filter((source) => writtenPrices(source, config) === NONE).map(({ name }) => name));
  return new Map([...(await loadCatalogues(lake))].filter(([instance]) => !unused.has(instance)));
}

/** The place of a gateway's prices; undefined if its prices are not read. */
export function pricesUrl(source: Config["sources"][number], config: Config): string | undefined {
  const written = writtenPrices(source, config);
  if (written === NONE) return undefined;
  const place = source.config ?? config.aperture.config;
  return written ?? (place === undefined ? undefined : catalogueUrl(place));
}

/** `aperture.prices` does not apply to a gateway that has an address of its own, unless it is `none`. */
function writtenPrices(source: Config["sources"][number], { aperture }: Config): string | undefined {
  return source.prices ?? (source.config === undefined || aperture.prices === NONE ? aperture.prices : undefined);
}

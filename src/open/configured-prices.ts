import { checkShape } from "../config/reading/check-shape.ts";
import type { Config } from "../config/config.ts";
import { priceEntries } from "../config/sections/prices-section.ts";
import { LedgerError, messageOf, showUrl } from "../ledger/errors.ts";
import { fetchText, holdsCredentials } from "../storage/fetch-text.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import { loadGatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
import { dayPricing, type PriceSources } from "../prices/list/price-days.ts";
import type { PriceEntry } from "../prices/list/price-entry.ts";
import { compilePriceList } from "../prices/list/price-list.ts";
import { compileProviderCounts } from "../prices/list/provider-counts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { loadUsedCatalogues } from "./refresh-catalogues.ts";
import type { Snapshots } from "./refresh-from-gateways.ts";
import { parseYaml } from "../config/reading/read-yaml.ts";

/** The prices by which days are priced. */
export async function openKeptPricing(config: Config, lake: ObjectStore): Promise<PricingOf> {
  return dayPricing(await openPrices(config, lake));
}

/** Reads the configured list, and the gateways' configurations and prices as the lake keeps them. */
export async function openPrices(config: Config, lake: ObjectStore): Promise<PriceSources> {
  return priceSources(config, await loadPriceEntries(config), { gateways: await loadGatewaySnapshots(lake), catalogues: await loadUsedCatalogues(config, lake) });
}

export function priceSources({ providers, timezone }: Config, entries: readonly PriceEntry[], { gateways, catalogues }: Pick<Snapshots, "gateways" | "catalogues">): PriceSources {
  const counted = providers.flatMap(({ provider, from, counts }) => (counts === undefined ? [] : [{ provider, from, counts }]));
  return { list: compilePriceList(entries, timezone), gateways, catalogues, counts: compileProviderCounts(counted, timezone) };
}

/** The configured list, in its order. */
export async function loadPriceEntries({ prices = [] }: Config): Promise<readonly PriceEntry[]> {
  if (typeof prices !== "string") return prices;
  if (holdsCredentials(prices)) {
    throw new LedgerError("config_invalid", `credentials do not belong in the url ${showUrl(prices)}`, {
      remedy: "serve the price list to the tailnet, or give it as a file",
    });
  }
  const origin = showUrl(prices);
  const { value, places } = parseYaml(await fetchList(prices), origin);
  return checkShape(priceEntries, value, origin, places);
}

async function fetchList(url: string): Promise<string> {
  try {
    return await fetchText(url);
  } catch (cause) {
    throw new LedgerError("config_unreadable", `the price list at ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check prices: it is a list of prices, or where a YAML or JSON file with one is",
      retryable: true,
      cause,
    });
  }
}

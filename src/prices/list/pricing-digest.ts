import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { cataloguesWithin } from "./catalogue-times.ts";
import { billionths } from "./exact-rates.ts";
import { timesInForce } from "./gateway-times.ts";
import { BILLED, listWanted, type PriceEntry, type WrittenPrices } from "./price-entry.ts";
import { entriesInForce } from "./price-list.ts";
import type { Prices } from "./price-rows.ts";
import { countsInForce } from "./provider-counts.ts";

/** Increase it whenever the same prices and counts would result in different costs. */
const PRICING_VERSION = 2;

/** The digest for days that were built without prices, as their manifests have it. */
const NO_PRICES = "none";

/** Changes whenever the requests from `from` on and before `to` would be priced differently (milliseconds since 1970). */
export function digestPrices({ list, gateway, counts = [], catalogues = [] }: Prices, from: number, to: number): string {
  const groups = entriesInForce(list, from, to);
  const ofGateway = cataloguesWithin(catalogues, from, to);
  if (groups.length === 0 && ofGateway.length === 0) return NO_PRICES;
  const since = (start: number): number | null => (start <= from ? null : start);
  const inputs = canonicalize({
    version: PRICING_VERSION,
    groups: groups.map(({ match, entries }) => ({ match, entries: entries.map(({ start, entry }) => [since(start), describeEntry(entry)]) })),
    counts: countsInForce(counts, from, to).map(({ start, ...declared }) => [since(start), declared]),
    gateway: timesInForce(gateway, from, to).map(({ start, providers }) => [since(start), providers]),
    ...(ofGateway.length === 0 ? {} : { catalogues: ofGateway.map(({ start, id }) => [since(start), id]) }),
  });
  const digest = createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
  // The version is a separate part, so that newer rules for a closed month are not reported as changed prices.
  return `v${String(PRICING_VERSION)}-${digest}`;
}

function describeEntry({ from, adjustment, billing, tiers, counts, ...prices }: PriceEntry): unknown {
  const wanted = listWanted(prices);
  return {
    ...(wanted.length === 0 ? {} : { terms: wanted }),
    from: from ?? null,
    adjustment: String(billionths(adjustment ?? 1)),
    billing: billing ?? null,
    ...(counts === undefined ? {} : { counts }),
    prices: describePrices(prices),
    tiers: (tiers ?? []).toSorted((a, b) => a.above - b.above).map((tier) => [tier.above, describePrices(tier)]),
  };
}

/** `3`, `"3"` and `"3.00"` are the same price. */
function describePrices(written: WrittenPrices): (string | null)[] {
  return BILLED.map((name) => (written[name] === undefined ? null : String(billionths(written[name]))));
}

import type { CatalogueInForce, CatalogueTime } from "./catalogue-times.ts";
import { ratesByTier, type Rates } from "./exact-rates.ts";
import { findInCatalogue } from "./find-in-catalogue.ts";
import { listWanted, nameEntry } from "./price-entry.ts";
import { type GatewayTime, timesInForce } from "./gateway-times.ts";
import { type DatedEntry, entriesInForce, type PriceList } from "./price-list.ts";
import { countsInForce, declaredCounts, type ProviderCounts } from "./provider-counts.ts";
import { type PricedModel, type Resolution, resolvePrice } from "./resolve-price.ts";
import { describeCounts, findTokenRule, type TokenRule } from "./token-rules.ts";

/** Everything that prices a gateway's requests. */
export interface Prices {
  list: PriceList;
  gateway: readonly GatewayTime[];
  /** The configured counts of whole providers. */
  counts?: ProviderCounts | undefined;
  /** The gateway's price catalogues, for models that the list has no price for. */
  catalogues?: readonly CatalogueTime[] | undefined;
}

/** The price of a model's requests from `from` on and before `to` (milliseconds since 1970). */
export interface PriceRow {
  of: PricedModel;
  from: number;
  to: number;
  counts: TokenRule;
  basis: string;
  billing: string | null;
  tiers: PricedTier[];
}

export interface PricedTier {
  /** Applies to contexts of more tokens than `above`, up to `upTo`. */
  above: number | null;
  upTo: number | null;
  rates: Rates;
  version: string;
}

/** The price rows of the given models over a time, in order of model and time; none for models that neither the list nor a catalogue covers. */
export function listPriceRows(models: readonly PricedModel[], { list, gateway, counts }: Prices, from: number, to: number, catalogues: readonly CatalogueInForce[] = []): PriceRow[] {
  const changes: Pick<DatedEntry, "start">[] = [
    ...entriesInForce(list, from, to).flatMap(({ entries }) => entries),
    ...timesInForce(gateway, from, to),
    ...countsInForce(counts ?? [], from, to),
    ...catalogues,
  ];
  const starts = startsWithin(changes, from);
  return models.flatMap((of) =>
    starts.flatMap((start, index) => {
      const providers = gateway.findLast((time) => time.start <= start)?.providers ?? [];
      const catalogue = catalogues.findLast((one) => one.start <= start);
      const found = resolvePrice(of, list, providers, start) ?? (catalogue && findInCatalogue(of, catalogue, providers));
      return found === undefined ? [] : describeRow(of, found, findTokenRule(of, found.entry.counts, declaredCounts(counts ?? [], of.provider, start)), start, starts[index + 1] ?? to);
    }),
  );
}

/** The times from `from` on at which a price may change, in order. */
export function startsWithin(changes: readonly Pick<DatedEntry, "start">[], from: number): number[] {
  return [...new Set([from, ...changes.map(({ start }) => start).filter((start) => start > from)])].sort((a, b) => a - b);
}

function describeRow(of: PricedModel, found: Resolution, counts: TokenRule, from: number, to: number): PriceRow[] {
  const tiers = ratesByTier(found.entry, found.rule?.adjustment ?? 1);
  if (tiers === undefined) return [];
  return [
    {
      of,
      from,
      to,
      counts,
      basis: found.basis,
      billing: found.entry.billing ?? null,
      tiers: tiers.map(({ above, rates }, index) => ({
        above,
        upTo: tiers[index + 1]?.above ?? null,
        rates,
        version: describeVersion(found, above, counts),
      })),
    },
  ];
}

/** `price_version`: the entry, or the price in the catalogue, with its terms; its adjustment, the tier, and the token rule. */
function describeVersion({ entry, rule, origin }: Resolution, above: number | null, counts: TokenRule): string {
  return [
    origin === undefined ? nameEntry(entry) : [origin, ...listWanted(entry)].join(", "),
    ...(rule === undefined ? [] : [`map ${rule.match}${rule.as === "" ? "" : ` as ${rule.as}`} x${String(rule.adjustment)}`]),
    ...(above === null ? [] : [`above ${String(above)}`]),
    describeCounts(counts),
  ].join("; ");
}

import type { CataloguePrice, CatalogueSource, GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { listEntries } from "./catalogue-entries.ts";
import type { CatalogueInForce } from "./catalogue-times.ts";
import type { PricingProvider } from "./gateway-times.ts";
import type { PriceEntry } from "./price-entry.ts";
import { hasTerms, namedTerms, namesOf, type PricedModel, type Resolution } from "./resolve-price.ts";

/**
 * Finds a model's price in a gateway's catalogue: under the cost basis and name that the gateway recorded for the request, then under the names
 * of the request, as a price list is searched. A price in the gateway's list of models belongs to a provider, whatever the cost basis, and is assumed
 * to include the effect of that provider's rules.
 */
export function findInCatalogue(of: PricedModel, inForce: CatalogueInForce, gateway: readonly PricingProvider[]): Resolution | undefined {
  const { catalogue } = inForce;
  const isList = catalogue.source !== "pricing";
  const configured = isList ? undefined : configuredProvider(of.provider, catalogue, gateway);
  const { rule, levels } = namesOf(of, configured);
  const [recorded, ...rest] = of.cost_basis?.split("/") ?? [];
  const services = isList ? [of.provider, ""] : [...new Set([recorded, configured?.costBasis, of.provider])].filter((service) => service !== undefined);
  const asRecorded = isList || recorded === undefined || rest.length === 0 ? [] : [{ services: [recorded], models: [rest.join("/")] }];
  for (const { services: bases, models } of [...asRecorded, ...levels.map((level) => ({ services, models: level.models }))]) {
    for (const [service, model] of bases.flatMap((basis) => models.map((name) => [basis, name] as const))) {
      const price = catalogue.prices.get(service)?.get(model) ?? catalogue.prices.get(service)?.get(`${service}/${model}`);
      const basis = `${service === "" ? of.provider : service}/${model}`;
      const entry = price && chooseEntry(of, listEntries(price, basis));
      if (price !== undefined && entry !== undefined) return { entry, basis, rule, origin: describeOrigin(basis, price, inForce) };
    }
  }
  return undefined;
}

/** The catalogue says how the gateway prices a provider, even if this machine may not read the configuration. */
function configuredProvider(id: string, catalogue: GatewayCatalogue, gateway: readonly PricingProvider[]): PricingProvider | undefined {
  const own = catalogue.providers.get(id);
  return own === undefined ? gateway.find((provider) => provider.id === id) : { id, ...own };
}

/** The entry that names the most terms, among the entries whose terms the request has. */
function chooseEntry(of: PricedModel, entries: readonly PriceEntry[]): PriceEntry | undefined {
  return entries.filter((entry) => hasTerms(of, entry)).toSorted((a, b) => namedTerms(b).length - namedTerms(a).length)[0];
}

const NAMED: Readonly<Record<CatalogueSource, string>> = { pricing: "the catalogue", models: "the list of models", providers: "the list of providers" };

/** The beginning of `price_version`: which price it is, and since when the ledger knows it. */
function describeOrigin(basis: string, { since }: CataloguePrice & { since: string }, { catalogue, isAssumed }: CatalogueInForce): string {
  return `${basis} in ${NAMED[catalogue.source]} ${isAssumed ? `of ${since}, assumed before it` : `since ${since}`}`;
}

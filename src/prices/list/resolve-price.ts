import type { ModelCostRule } from "../../ledger/gateway/gateway-providers.ts";
import { parseModelName, unescapeName } from "../../ledger/names/model-name.ts";
import { entryInForce } from "../../ledger/names/rules-over-time.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { PricingProvider } from "./gateway-times.ts";
import { type Term, TERMS, type Terms } from "../../ledger/usage/terms.ts";
import type { PriceEntry, WantedTerms } from "./price-entry.ts";
import type { PriceList } from "./price-list.ts";

/** The names that a price is found by. */
interface PricedName {
  provider: string;
  model: string;
  model_recorded: string;
  api_type: string | null;
  /** As the gateway recorded it; it may name a service even where there is no amount. */
  cost_basis: string | null;
}

/** What a request's price depends on, besides its time and its counts. */
export interface PricedModel extends PricedName, Terms {}

export interface Resolution {
  entry: PriceEntry;
  /** `provider/model` as the list names it. */
  basis: string;
  /** The rule in the gateway's `model_cost_map`. */
  rule: ModelCostRule | undefined;
  /** In words, the price of the gateway's catalogue that was used; undefined for a price of the list. */
  origin?: string | undefined;
}

/**
 * Finds a model's price in three steps: the first entry of the list that matches the recorded name; if no entry does, the first
 * that matches the part after its last slash; if no entry does, the first that matches the plain name, without region, date and
 * revision. So an entry for `gpt-4o` at the top does not take `gpt-4o-2024-05-13` from the entry that names it. Only entries
 * that are in force at the time count.
 * Terms (service tier, speed, geography) take precedence over these steps. An entry whose terms all match the request precedes every entry with fewer
 * terms, at any place in the list: it was written for these requests. An entry never applies to a request that lacks one of its terms.
 * Where a rule in the gateway's `model_cost_map` names a different model, that model's price is used.
 */
export function resolvePrice(of: PricedModel, list: PriceList, gateway: readonly PricingProvider[], at: number): Resolution | undefined {
  const { rule, levels } = namesOf(of, gateway.find(({ id }) => id === of.provider));
  const inForce = list.flatMap((group) => {
    const entry = hasTerms(of, group.wanted) ? entryInForce(group, at) : undefined;
    return entry === undefined ? [] : [{ group, entry, terms: namedTerms(group.wanted).length }];
  });
  for (let terms = TERMS.length; terms >= 0; terms--) {
    for (const { models, names } of levels) {
      for (const { group, entry } of inForce.filter((one) => one.terms === terms)) {
        const basis = group.namesProvider ? names.find(group.matches) : prefixed(of.provider, models.find(group.matches));
        if (basis !== undefined) return { entry, basis, rule };
      }
    }
  }
  return undefined;
}

export function namedTerms(wanted: WantedTerms): Term[] {
  return TERMS.filter((term) => wanted[term] !== undefined);
}

/** Whether a request has all terms that an entry names. */
export function hasTerms(of: Terms, wanted: WantedTerms): boolean {
  return namedTerms(wanted).every((term) => of[term] === wanted[term]);
}

/** The names by which a price may be found; the names of one level are tried together. */
interface TriedNames {
  rule: ModelCostRule | undefined;
  levels: { models: readonly string[]; names: readonly string[] }[];
}

/** @param configured how the gateway says that the models of the request's provider are priced */
export function namesOf(of: PricedName, configured: PricingProvider | undefined): TriedNames {
  const recorded = of.model_recorded.trim();
  const own = recorded.startsWith(`${of.provider}/`) ? recorded.slice(of.provider.length + 1) : recorded;
  const rule = configured?.modelCostMap?.find(({ match }) => matchName(match)(own));
  const services = [of.provider, configured?.costBasis, of.cost_basis?.split("/", 1)[0]].filter(Boolean);
  const levels = (rule?.as ? spellings(rule.as) : [...asRecorded(own), [of.model]]).map((models) => ({
    models,
    names: models.flatMap((model) => [...services.map((service) => `${service}/${model}`), ...(model.includes("/") ? [model] : [])]),
  }));
  return { rule, levels };
}

/** Every name that the search tries, in no particular order. */
export function listTriedNames(of: PricedName, gateway: readonly PricingProvider[]): string[] {
  return namesOf(of, gateway.find(({ id }) => id === of.provider)).levels.flatMap(({ models, names }) => [...models, ...names]);
}

/** The whole name, also unescaped, then the name without its prefix: a vendor or the path of a resource. */
function asRecorded(own: string): string[][] {
  const unescaped = unescapeName(own);
  return [[own, unescaped], [lastSegment(unescaped)]];
}

/** A gateway's rule may name the other model with its provider, and with a date. */
function spellings(as: string): string[][] {
  return [[as], [lastSegment(as)], [parseModelName(as).model]];
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function prefixed(provider: string, model: string | undefined): string | undefined {
  return model === undefined ? undefined : `${provider}/${model}`;
}

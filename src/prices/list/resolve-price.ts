import type { ModelCostRule } from "../../ledger/gateway/gateway-providers.ts";
import { parseModelName, unescapeName } from "../../ledger/names/model-name.ts";
import { entryInForce } from "../../ledger/names/rules-over-time.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { PricingProvider } from "./gateway-times.ts";
import type { PriceEntry } from "./price-entry.ts";
import type { PriceList } from "./price-list.ts";

/** What a request's price depends on beside its time and its counts. */
export interface PricedModel {
  provider: string;
  model: string;
  model_recorded: string;
  api_type: string | null;
  /** As the gateway recorded it; it may name a service without an amount. */
  cost_basis: string | null;
}

export interface Resolution {
  entry: PriceEntry;
  /** `provider/model` as it was found in the list. */
  basis: string;
  /** Of the gateway's `model_cost_map`. */
  rule: ModelCostRule | undefined;
}

/**
 * Finds a model's price: of all entries that match the name as it was recorded the first one of the list; only where none
 * does, the first that matches what stands behind its last slash; only where none does, the first that matches the plain
 * name, without region, date and revision. So an entry for `gpt-4o` further up does not take `gpt-4o-2024-05-13` from the
 * entry that names it. Entries that are not in force at that time do not count.
 * Where the gateway's `model_cost_map` has a rule with another model, that one stands in for the recorded name.
 */
export function resolvePrice(of: PricedModel, list: PriceList, gateway: readonly PricingProvider[], at: number): Resolution | undefined {
  const { rule, levels } = namesOf(of, gateway);
  const inForce = list.flatMap((group) => {
    const entry = entryInForce(group, at);
    return entry === undefined ? [] : [{ group, entry }];
  });
  for (const { models, names } of levels) {
    for (const { group, entry } of inForce) {
      const basis = group.namesProvider ? names.find(group.matches) : prefixed(of.provider, models.find(group.matches));
      if (basis !== undefined) return { entry, basis, rule };
    }
  }
  return undefined;
}

/** Names that a price may be found by, those that are tried together in one level. */
interface TriedNames {
  rule: ModelCostRule | undefined;
  levels: { models: readonly string[]; names: readonly string[] }[];
}

function namesOf(of: PricedModel, gateway: readonly PricingProvider[]): TriedNames {
  const configured = gateway.find(({ id }) => id === of.provider);
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

/** Every name that a price is looked for by, in no order. */
export function listTriedNames(of: PricedModel, gateway: readonly PricingProvider[]): string[] {
  return namesOf(of, gateway).levels.flatMap(({ models, names }) => [...models, ...names]);
}

/** The whole name, also unescaped, and then without what stands in front of the model: a vendor, the path of a resource. */
function asRecorded(own: string): string[][] {
  const unescaped = unescapeName(own);
  return [[own, unescaped], [lastSegment(unescaped)]];
}

/** A rule of the gateway may name the other model with its provider, and with a date as the recorded one may have. */
function spellings(as: string): string[][] {
  return [[as], [lastSegment(as)], [parseModelName(as).model]];
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function prefixed(provider: string, model: string | undefined): string | undefined {
  return model === undefined ? undefined : `${provider}/${model}`;
}

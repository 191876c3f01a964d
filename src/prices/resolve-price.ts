import { matchName } from "../written-name.ts";
import type { ModelCostRule } from "../usage/gateway-providers.ts";
import type { PricingProvider } from "./gateway-times.ts";
import type { PriceEntry } from "./price-entry.ts";
import { entryInForce, type PriceList } from "./price-list.ts";

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
 * Finds a model's price: the first pattern of the list that matches one of the names the model goes by, and has an entry
 * in force at that time. The gateway's `model_cost_map` goes first, as in the gateway's own pricing.
 */
export function resolvePrice(of: PricedModel, list: PriceList, gateway: readonly PricingProvider[], at: number): Resolution | undefined {
  const configured = gateway.find(({ id }) => id === of.provider);
  const recorded = of.model_recorded.trim();
  const own = recorded.startsWith(`${of.provider}/`) ? recorded.slice(of.provider.length + 1) : recorded;
  const rule = configured?.modelCostMap?.find(({ match }) => matchName(match)(own));
  // A rule may name the other model with its provider.
  const models = rule?.as ? [rule.as, rule.as.slice(rule.as.lastIndexOf("/") + 1)] : [own, of.model];
  const services = [of.provider, configured?.costBasis, of.cost_basis?.split("/", 1)[0]].filter(Boolean);
  const names = models.flatMap((model) => [...services.map((service) => `${service}/${model}`), ...(model.includes("/") ? [model] : [])]);
  for (const group of list) {
    const entry = entryInForce(group, at);
    if (entry === undefined) continue;
    const basis = group.namesProvider ? names.find(group.matches) : prefixed(of.provider, models.find(group.matches));
    if (basis !== undefined) return { entry, basis, rule };
  }
  return undefined;
}

function prefixed(provider: string, model: string | undefined): string | undefined {
  return model === undefined ? undefined : `${provider}/${model}`;
}

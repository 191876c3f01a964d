import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { CataloguePrice, CatalogueSource, GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { inOrder, parseDocument, readRates } from "./parse-catalogue.ts";

/** In the lists, prices are dollars for one token, or one search. */
const EACH = { token: { basis: "token", quantity: 1 }, search: { basis: "query", quantity: 1 } } as const;

const listed = z.object({ id: z.string(), pricing: z.unknown().optional(), metadata: z.object({ provider: z.object({ id: z.string() }) }).nullish().catch(undefined) });
const models = z.object({ data: z.array(z.unknown()) });
const provider = z.object({ id: z.string(), models: z.array(z.unknown()).nullish() });
const providers = z.union([z.array(z.unknown()), z.object({ providers: z.array(z.unknown()) }).transform((answer) => answer.providers)]);

/** The prices in the answer of `GET /v1/models`. Throws `gateway_prices_invalid` for anything else. @param what names the document in errors. */
export function parseListedModels(text: string, what: string): GatewayCatalogue {
  const parsed = models.safeParse(parseDocument(text, what));
  if (!parsed.success) throw refuse(what, "it is not a list of models");
  return collect("models", parsed.data.data.flatMap((one) => {
    const { id, pricing, metadata } = listed.safeParse(one).data ?? {};
    return id === undefined ? [] : [{ ...nameModel(id, metadata?.provider.id), pricing }];
  }));
}

/** The prices in the answer of `GET /api/providers`, where a provider's `models` may be null. Throws `gateway_prices_invalid` for anything else. */
export function parseListedProviders(text: string, what: string): GatewayCatalogue {
  const parsed = providers.safeParse(parseDocument(text, what));
  if (!parsed.success) throw refuse(what, "it is not a list of providers");
  return collect("providers", parsed.data.flatMap((one) => {
    const { id: whose, models: own } = provider.safeParse(one).data ?? {};
    return whose === undefined ? [] : (own ?? []).flatMap((model) => {
      const { id, pricing } = listed.safeParse(model).data ?? {};
      return id === undefined ? [] : [{ ...nameModel(id, whose), pricing }];
    });
  }));
}

interface ListedModel {
  provider: string;
  model: string;
  pricing: unknown;
}

/** A list that does not name the provider of a model may write `provider/model`. A model without a provider has the same price at every provider. */
function nameModel(id: string, whose = id.includes("/") ? id.slice(0, id.indexOf("/")) : ""): Omit<ListedModel, "pricing"> {
  return { provider: whose, model: id.startsWith(`${whose}/`) ? id.slice(whose.length + 1) : id };
}

function collect(source: CatalogueSource, all: readonly ListedModel[]): GatewayCatalogue {
  const prices = new Map<string, Map<string, CataloguePrice>>();
  for (const { provider: name, model, pricing } of all) {
    const rates = readRates(pricing, (rate) => (rate === "web_search" ? EACH.search : EACH.token));
    if (rates === undefined) continue;
    prices.set(name, (prices.get(name) ?? new Map<string, CataloguePrice>()).set(model, { rates, modes: new Map() }));
  }
  return { source, prices: inOrder(new Map([...prices].map(([name, own]) => [name, inOrder(own)]))), providers: new Map() };
}

function refuse(what: string, why: string): LedgerError {
  return new LedgerError("gateway_prices_invalid", `${what}: ${why}`, { remedy: "report the shape of its answer, or set aperture.prices: none" });
}

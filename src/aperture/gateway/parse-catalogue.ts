import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { CATALOGUE_RATES, type CataloguePrice, type CatalogueProvider, type CatalogueRate, type CatalogueRates, type GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { refuseDeepNesting } from "../../ledger/text/nesting.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { writtenEntries } from "../../ledger/names/written-map.ts";
import { parseHuJson } from "./hujson.ts";
import { priceFor } from "./written-price.ts";

const unit = z.object({ basis: z.string(), quantity: z.int().min(1) });
const rule = z.object({ match: z.string(), as: z.string().default(""), adjustment: z.number().min(0).max(1_000_000).nullish() });
const provider = z.object({ cost_basis: z.string().nullish(), model_cost_map: z.array(rule).nullish() });
const mode = z.object({ effective_pricing: z.unknown().optional() });
const result = mode.extend({ modes: z.unknown().optional() });
const model = z.object({ cost_bases: z.unknown().optional() });
const document = z.object({
  currency: z.string().nullish(),
  units: z.unknown().optional(),
  models: z.unknown().refine((models) => writtenEntries(models) !== undefined, "it has no models"),
  configured_adjustments: z.object({ providers: z.unknown().optional() }).nullish(),
});

/** The units of kinds of price that the document does not declare, as Aperture's API describes them. A declared one that cannot be read is not guessed. */
const PER_MILLION_TOKENS: Unit = { basis: "token", quantity: 1_000_000 };
const PER_SEARCH: Unit = { basis: "query", quantity: 1 };

type Unit = z.infer<typeof unit>;
/** Undefined: declared as something that cannot be read. */
type Units = ReadonlyMap<string, Unit | undefined>;

/** Priced per search, or per image where it is not per token: their prices can be left out, since no other price stands for them. */
const OF_OWN_UNITS: ReadonlySet<CatalogueRate> = new Set(["web_search", "image"]);

/**
 * The prices in the answer of `GET /aperture/pricing`. It leaves out models without a price, with a price that varies by request, or with a price of
 * tokens that cannot be read, and prices for units that the gateway does not count in records. Throws `gateway_prices_invalid` for another document or currency.
 * @param what names the document in errors.
 */
export function parseCatalogue(text: string, what: string): GatewayCatalogue {
  const parsed = document.safeParse(parseDocument(text, what));
  if (!parsed.success) throw refuse(what, `it is not a price catalogue: ${z.prettifyError(parsed.error)}`);
  const { currency, models, configured_adjustments: configured } = parsed.data;
  if (currency !== undefined && currency !== null && currency !== "USD") throw refuse(what, `its prices are in ${shownText(currency)}, and estimates are in USD`);
  const units = new Map((writtenEntries(parsed.data.units) ?? []).map(([name, value]) => [name, unit.safeParse(value).data]));
  const prices = new Map<string, Map<string, CataloguePrice>>();
  for (const [name, { cost_bases: bases }] of readEach(models, model)) {
    for (const [basis, priced] of readEach(bases, result)) {
      const price = readPrice(priced, units);
      if (price === undefined) continue;
      const ofBasis = prices.get(basis) ?? new Map<string, CataloguePrice>();
      prices.set(basis, ofBasis.set(name, price));
    }
  }
  return { source: "pricing", prices: inOrder(new Map([...prices].map(([basis, all]) => [basis, inOrder(all)]))), providers: inOrder(readProviders(configured?.providers)) };
}

/** Parses it as JSON, which is far quicker for a catalogue of megabytes; comments and trailing commas are allowed nevertheless. */
export function parseDocument(text: string, what: string): unknown {
  refuseDeepNesting(text, what, "gateway_prices_invalid");
  try {
    return JSON.parse(text);
  } catch {
    return parseHuJson(text, what, "gateway_prices_invalid");
  }
}

function readPrice({ effective_pricing: written, modes }: z.infer<typeof result>, units: Units): CataloguePrice | undefined {
  const unitOf = (rate: CatalogueRate): Unit | undefined => (units.has(rate) ? units.get(rate) : rate === "web_search" ? PER_SEARCH : PER_MILLION_TOKENS);
  const rates = readRates(written, unitOf);
  if (rates === undefined) return undefined;
  const named = [...readEach(modes, mode)].flatMap(([name, { effective_pricing: own }]): [string, CatalogueRates][] => {
    const ofMode = readRates(own, unitOf);
    return ofMode === undefined ? [] : [[name, ofMode]];
  });
  return { rates, modes: inOrder(new Map(named)) };
}

/**
 * Undefined without a price, for a price that varies by the model that answers the request, and where a price of tokens cannot be read: otherwise
 * another price, such as the one of input for cached tokens, would be used in its place.
 */
export function readRates(written: unknown, unitOf: (rate: CatalogueRate) => Unit | undefined): CatalogueRates | undefined {
  const entries = new Map(writtenEntries(written) ?? []);
  if (entries.get("variable") === true) return undefined;
  const rates = new Map<CatalogueRate, string>();
  for (const rate of CATALOGUE_RATES) {
    const value = entries.get(rate) ?? null;
    const price = value === null ? undefined : inUnit(value, rate, unitOf(rate));
    if (price !== undefined) rates.set(rate, price);
    else if (value !== null && !OF_OWN_UNITS.has(rate)) return undefined;
  }
  return rates.size === 0 ? undefined : Object.fromEntries(rates);
}

/** Records count tokens of text and of images, and searches; a price for each image cannot be applied. */
function inUnit(written: unknown, rate: CatalogueRate, unitOfRate: Unit | undefined): string | undefined {
  if (unitOfRate === undefined) return undefined;
  const { basis, quantity } = unitOfRate;
  const isSearch = rate === "web_search";
  const fits = isSearch ? !/token/i.test(basis) : /token/i.test(basis);
  return fits ? priceFor(written, { quantity: BigInt(quantity), per: isSearch ? 1n : 1_000_000n }) : undefined;
}

function readProviders(written: unknown): Map<string, CatalogueProvider> {
  return new Map([...readEach(written, provider)].map(([id, { cost_basis: costBasis, model_cost_map: rules }]): [string, CatalogueProvider] => {
    const modelCostMap = (rules ?? []).map(({ match, as, adjustment }) => ({ match, as, adjustment: adjustment ?? 1 }));
    return [id, { ...(costBasis ? { costBasis } : {}), modelCostMap }];
  }));
}

/** The members of an object that have the shape; others are left out, so that one invalid model does not make the whole catalogue unreadable. */
function readEach<Shape>(written: unknown, shape: z.ZodType<Shape>): Map<string, Shape> {
  return new Map((writtenEntries(written) ?? []).flatMap(([name, value]): [string, Shape][] => {
    const read = shape.safeParse(value);
    return read.success ? [[name, read.data]] : [];
  }));
}

/** Sorts by key, so that a catalogue has the same bytes whatever order the gateway writes it in. */
export function inOrder<Value>(map: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function refuse(what: string, why: string): LedgerError {
  return new LedgerError("gateway_prices_invalid", `${what}: ${why}`, { remedy: "aperture.prices must be the gateway's /aperture/pricing, or none; if it is, report the shape of its answer" });
}

import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import type { GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { fetchText, type HttpBounds } from "../../storage/fetch-text.ts";
import { askGateway, type GatewayAnswer, type GatewaySubject, refuseCredentials, unreadable } from "./ask-gateway.ts";
import { gatewayBase } from "./gateway-address.ts";
import { parseListedModels, parseListedProviders } from "./listed-prices.ts";
import { parseCatalogue } from "./parse-catalogue.ts";

const PRICING: GatewaySubject = {
  what: "the gateway's price catalogue",
  setting: "aperture.prices",
  unreadable: "gateway_prices_unreadable",
  invalid: "gateway_prices_invalid",
  grant: '{"read_pricing": true}',
};
const LISTED: GatewaySubject = { ...PRICING, what: "the gateway's list of prices", grant: '{"role": "user"}' };

/** Why the catalogue itself could not be read; `none`: the gateway has no catalogue. */
type Missing = { why: "denied" | "none"; message: string; remedy: string };

/**
 * `unchanged`: the catalogue still has the known ETag. `missing` is undefined for prices of the catalogue itself. Otherwise the prices are those of
 * the gateway's list of models or list of providers, or null if neither list has prices.
 */
export type FetchedCatalogue =
  | { state: "unchanged" }
  | { state: "fetched"; catalogue: GatewayCatalogue; etag: string | undefined; missing: undefined }
  | { state: "fetched"; catalogue: GatewayCatalogue | null; etag: undefined; missing: Missing };

/** The address of a gateway's price catalogue; undefined where the place of its configuration is not a gateway. */
export function catalogueUrl(place: string): string | undefined {
  const base = gatewayBase(place);
  return base === undefined ? undefined : `${base}/aperture/pricing`;
}

/**
 * Reads the prices that a gateway calculates with, from the address of its catalogue or from a file. If this machine may not read the catalogue, or
 * the gateway has no catalogue, the prices in its list of models are read instead. Throws `gateway_prices_unreadable` where it does not answer and
 * `gateway_prices_invalid` where the answer is something else.
 * @param etag of the known catalogue
 */
export async function fetchCatalogue(url: string, etag?: string, bounds: HttpBounds = {}): Promise<FetchedCatalogue> {
  refuseCredentials(url, PRICING);
  if (!/^https?:/i.test(url)) return { state: "fetched", catalogue: parseCatalogue(await readFileAt(url), showUrl(url)), etag: undefined, missing: undefined };
  const answer = await askGateway(url, PRICING, { etag, ...bounds });
  if (answer.state === "unchanged") return answer;
  if (answer.state === "answer") return { state: "fetched", catalogue: parseCatalogue(answer.text, showUrl(url)), etag: answer.etag, missing: undefined };
  return { state: "fetched", catalogue: await fetchListed(url, bounds), etag: undefined, missing: describeMissing(url, answer) };
}

function describeMissing(url: string, answer: Exclude<GatewayAnswer, { state: "answer" | "unchanged" }>): Missing {
  if (answer.state === "denied") return { why: "denied", message: answer.error.message, remedy: answer.error.remedy };
  return { why: "none", message: `the gateway has no price catalogue at ${showUrl(url)}`, remedy: "update the gateway, write prices:, or set aperture.prices: none" };
}

const LISTS = [{ path: "/v1/models", parse: parseListedModels }, { path: "/api/providers", parse: parseListedProviders }];

/** The first list that has prices. A list that cannot be read is skipped, since it only replaces the catalogue. */
async function fetchListed(url: string, bounds: HttpBounds): Promise<GatewayCatalogue | null> {
  const base = url.replace(/\/aperture\/pricing\/?$/i, "");
  if (base === url) return null;
  for (const { path, parse } of LISTS) {
    const catalogue = await fetchList(`${base}${path}`, parse, bounds);
    if (catalogue !== null && catalogue.prices.size > 0) return catalogue;
  }
  return null;
}

async function fetchList(url: string, parse: typeof parseListedModels, bounds: HttpBounds): Promise<GatewayCatalogue | null> {
  try {
    const answer = await askGateway(url, LISTED, bounds);
    return answer.state === "answer" ? parse(answer.text, showUrl(url)) : null;
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

async function readFileAt(place: string): Promise<string> {
  try {
    return await fetchText(place);
  } catch (cause) {
    throw unreadable(place, PRICING, messageOf(cause), { cause, retryable: true });
  }
}

import { fetchCatalogue, type FetchedCatalogue } from "../../aperture/gateway/fetch-catalogue.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError, showUrl } from "../../ledger/errors.ts";
import type { CatalogueSource, GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { pricesUrl } from "../../open/refresh-catalogues.ts";
import { modeOf } from "../../prices/list/catalogue-modes.ts";
import type { Finding } from "./finding.ts";

const CHECK = "gateway prices";

/** Shows where each gateway's prices come from, and which grant this machine needs if it may not read them. */
export async function findInCatalogues(config: Config): Promise<Finding[]> {
  const urls = new Set(config.sources.map((source) => pricesUrl(source, config)).filter((url) => url !== undefined));
  return (await Promise.all([...urls].map(findInCatalogue))).flat();
}

async function findInCatalogue(url: string): Promise<Finding[]> {
  try {
    const fetched = await fetchCatalogue(url);
    return fetched.state === "unchanged" ? [] : [...describeMissing(fetched), ...describePrices(url, fetched.catalogue)];
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return [{ check: CHECK, state: "attention", finding: error.message, remedy: error.remedy }];
  }
}

function describeMissing({ missing }: Exclude<FetchedCatalogue, { state: "unchanged" }>): Finding[] {
  if (missing === undefined) return [];
  return missing.why === "denied" ? [{ check: CHECK, state: "attention", finding: missing.message, remedy: missing.remedy }] : [{ check: CHECK, state: "ok", finding: missing.message }];
}

const NAMED: Readonly<Record<Exclude<CatalogueSource, "pricing">, string>> = { models: "list of models, GET /v1/models", providers: "list of providers, GET /api/providers" };

function describePrices(url: string, catalogue: GatewayCatalogue | null): Finding[] {
  if (catalogue === null) return [{ check: CHECK, state: "ok", finding: "the gateway lists no prices: requests without an estimate only get prices from prices:" }];
  const all = [...catalogue.prices.values()];
  const models = new Set(all.flatMap((ofBasis) => [...ofBasis.keys()]));
  const where = catalogue.source === "pricing" ? showUrl(url) : `the gateway's ${NAMED[catalogue.source]}`;
  const finding = `${String(models.size)} ${models.size === 1 ? "model has a price" : "models have prices"} in ${where}, for ${listSome([...catalogue.prices.keys()])}`;
  const unknown = new Set(all.flatMap((ofBasis) => [...ofBasis.values()].flatMap(({ modes }) => [...modes.keys()].filter((mode) => modeOf(mode) === undefined))));
  if (unknown.size === 0) return [{ check: CHECK, state: "ok", finding }];
  return [{ check: CHECK, state: "ok", finding }, { check: CHECK, state: "attention", finding: `prices of request modes that this version does not know are left out: ${listSome([...unknown])}`, remedy: "report their names" }];
}

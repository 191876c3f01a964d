import type { DuckDBConnection } from "@duckdb/node-api";
import { loadHolds } from "../../archive/purging/load-chain.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Config } from "../../config/config.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { type GatewaySnapshots, loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { fetchKnownTables, type KnownModel, type KnownTables, modelsOf, type NamedProperty, valuesOf } from "../../lake/days/known-values.ts";
import { pricingByTime } from "../../prices/list/gateway-times.ts";
import { listTriedNames } from "../../prices/list/resolve-price.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { meantText } from "../../ledger/names/written-name.ts";
import { type ListedName, type ListedProperty, listNames } from "../list-names.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { findErasedCallers } from "../../open/erased-callers.ts";
import { openArchive, openLake } from "../../open/open-stores.ts";
import { loadPriceEntries } from "../../open/configured-prices.ts";
import type { Finding } from "./finding.ts";

const CHECK = "names";
const MOST_NAMED = 20;

/** Finds written names and patterns that match nothing in the ledger. Finds nothing where the ledger has no usage. */
export async function findInNames(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const lake = await openLake(config);
  return await withWorkspace(async (workspace) => {
    const tables = await fetchKnownTables(lake, workspace);
    if (tables.rollups.length === 0) return [];
    const names = [...listNames(config, await loadPriceEntries(config)), ...(await namesOfHolds(config))];
    if (names.length === 0) return [];
    const gateways = names.some(({ property }) => property === "priced model") ? await loadGatewaySnapshots(lake) : new Map();
    const unmatched = await withDuckDb({ temporaryDirectory: workspace }, (duck) => findUnmatched(duck, { tables, gateways }, names));
    return describe(await withoutErased(config, unmatched), names.length);
  });
}

/** The values in the ledger that a name may match. */
interface Known {
  tables: KnownTables;
  gateways: GatewaySnapshots;
}

/** The names that match no value of their property, in order. */
async function findUnmatched(duck: DuckDBConnection, known: Known, names: readonly ListedName[]): Promise<ListedName[]> {
  const unmatched = new Set<ListedName>();
  for (const ofProperty of Map.groupBy(names, ({ property }) => JSON.stringify(property)).values()) {
    const [{ property } = { property: "caller" as ListedProperty }] = ofProperty;
    let open = ofProperty;
    for await (const values of property === "priced model" ? triedNames(duck, known) : valuesOf(duck, known.tables, property)) {
      open = open.filter(({ matches }) => !values.some(matches));
      if (open.length === 0) break;
    }
    for (const name of open) unmatched.add(name);
  }
  return names.filter((name) => unmatched.has(name));
}

/** Uses the rules that the gateways' configurations have or ever had. */
async function* triedNames(duck: DuckDBConnection, { tables, gateways }: Known): AsyncGenerator<string[]> {
  const times = new Map([...gateways].map(([instance, kept]) => [instance, pricingByTime(kept)]));
  const triedFor = (of: KnownModel): string[] => {
    const known = times.get(of.instance) ?? [];
    return (known.length === 0 ? [{ providers: [] }] : known).flatMap(({ providers }) => listTriedNames({ ...of, api_type: null }, providers));
  };
  for await (const models of modelsOf(duck, tables)) yield [...new Set(models.flatMap(triedFor))];
}

/** A login that was erased matches by its pseudonym, which usage has and no configuration does. */
async function withoutErased(config: Config, names: readonly ListedName[]): Promise<readonly ListedName[]> {
  if (names.every(({ property }) => property !== "caller")) return names;
  const instances = config.sources.map(({ name }) => name);
  const pseudonymOf = await findErasedCallers(await openArchive(config), instances, await openArchiving(config, false));
  return names.filter(({ written, property }) => property !== "caller" || pseudonymOf?.(meantText(written).toLowerCase()) === undefined);
}

async function namesOfHolds(config: Config): Promise<ListedName[]> {
  const holds = await loadHolds(await openArchive(config), await openArchiving(config, false));
  return holds.flatMap(({ id, selection: { caller, instance }, pseudonym, released }): ListedName[] => {
    if (released !== null) return [];
    const named = (written: string | null, property: NamedProperty, other?: string): ListedName[] =>
      written === null ? [] : [{ written, place: `the legal hold ${id}`, property, matches: (value) => value === written || value === other }];
    return [...named(caller, "caller", pseudonym), ...named(instance, "gateway")];
  });
}

function describe(unmatched: readonly ListedName[], all: number): Finding[] {
  if (unmatched.length === 0) return [{ check: CHECK, state: "ok", finding: `each of ${String(all)} written names has matched something` }];
  const named = unmatched.slice(0, MOST_NAMED).map(describeName);
  const others = unmatched.length - named.length;
  if (others === 0) return named;
  return [...named, { check: CHECK, state: "attention", finding: `${String(others)} more names have matched nothing in the ledger so far`, remedy: "correct or remove those above, and they are named" }];
}

function describeName({ written, place, property }: ListedName): Finding {
  const what = typeof property === "object" ? `dimension ${property.dimension}` : property;
  // Older versions read [ab] as one of two letters.
  const remedy = /\[[^\]]+\]/.test(written)
    ? "brackets are ordinary letters: to match one of several letters, write each name, or ? for any letter"
    : "correct it if it is misspelled; it does no harm if its usage is still to come";
  return { check: CHECK, state: "attention", finding: `${visibleText(place)}: ${JSON.stringify(visibleText(written))} has matched no ${what} in the ledger so far`, remedy };
}

import type { Config } from "../config/config.ts";
import type { NamedProperty } from "../lake/days/known-values.ts";
import type { PriceEntry } from "../prices/list/price-entry.ts";
import { matchCaller, matchName, meantText } from "../ledger/names/written-name.ts";
import { describePlace } from "../config/reading/config-places.ts";

/** Prices are looked up by derived names. */
export type ListedProperty = NamedProperty | "priced model";

/** A written name, and the values that it is compared with. */
export interface ListedName {
  written: string;
  /** `aperture-ledger.yaml: limits[2].scope.caller (line 9, column 14)` */
  place: string;
  property: ListedProperty;
  matches: (value: string) => boolean;
}

type ListName = (written: string, property: ListedProperty, path: readonly (string | number)[]) => ListedName;

/** Properties of conditions and scopes that usage has under the same names; teams and groups come from the directory, and billing is a fixed word. */
const PROPERTIES: ReadonlyMap<string, NamedProperty> = new Map((["caller", "tag", "gateway", "provider", "model"] as const).map((name) => [name, name]));
const OTHERS = new Set(["team", "teams", "group", "billing"]);

/** Every name in a configuration that is compared with values in usage. */
export function listNames(config: Config, prices: readonly PriceEntry[]): ListedName[] {
  const list: ListName = (written, property, path) => ({
    written,
    place: describePlace(config, path),
    property,
    matches: property === "caller" ? matchCaller(written) : matchName(written),
  });
  const { rules, pools, adjustments } = config.allocation;
  return [
    ...config.directory.teams.flatMap(({ members }, team) => listMembers(members, ["directory", "teams", team, "members"], list)),
    ...rules.flatMap(({ when, by, teams }, index) => [
      ...listCondition(when, ["allocation", "rules", index, "when"], list),
      ...[...(teams?.keys() ?? [])].map((written) => list(written, { dimension: by ?? "" }, ["allocation", "rules", index, "teams", written])),
    ]),
    ...pools.flatMap(({ when }, index) => listCondition(when, ["allocation", "pools", index, "when"], list)),
    ...adjustments.flatMap(({ when }, index) => listCondition(when, ["allocation", "adjustments", index, "when"], list)),
    ...config.charges.flatMap(({ when, people = [] }, index) => [...listCondition(when ?? new Map(), ["charges", index, "when"], list), ...listMembers(people, ["charges", index, "people"], list)]),
    ...config.limits.flatMap(({ scope }, index) => listCondition(scope, ["limits", index, "scope"], list)),
    ...config.providers.map(({ provider }, index) => list(provider, "provider", ["providers", index, "provider"])),
    ...listPrices(config, prices, list),
    ...config.archive.retention.flatMap(({ instance }, index) => (instance === undefined ? [] : [exactly(list(instance, "gateway", ["archive", "retention", index, "instance"]))])),
    ...[...config.reconciliation.providers.keys()].map((provider) => exactly(list(provider, "provider", ["reconciliation", "providers", provider]))),
    ...[...config.reconciliation.workspaces].map(([workspace, gateway]) => exactly(list(gateway, "gateway", ["reconciliation", "workspaces", workspace]))),
  ];
}

/** For names that cannot be patterns. */
function exactly(name: ListedName): ListedName {
  return { ...name, matches: (value) => value === name.written };
}

function listMembers(members: Config["directory"]["teams"][number]["members"], path: readonly (string | number)[], list: ListName): ListedName[] {
  return members.flatMap((member, index) => {
    const written = typeof member === "string" ? member : member.member;
    const meant = meantText(written);
    return meant.startsWith("group:") ? [] : [list(written, meant.startsWith("tag:") ? "tag" : "caller", [...path, index])];
  });
}

function listCondition(when: ReadonlyMap<string, string | readonly string[] | null>, path: readonly (string | number)[], list: ListName): ListedName[] {
  return [...when].flatMap(([name, wanted]) => {
    if (wanted === null || OTHERS.has(name)) return [];
    const property = PROPERTIES.get(name) ?? { dimension: name };
    return typeof wanted === "string" ? [list(wanted, property, [...path, name])] : wanted.map((written, index) => list(written, property, [...path, name, index]));
  });
}

/** The first entry of each pattern; entries of a separate price file are named by that file. */
function listPrices(config: Config, prices: readonly PriceEntry[], list: ListName): ListedName[] {
  const first = new Map(prices.map(({ match }, index): [string, number] => [match, index]).toReversed());
  return [...first].toReversed().map(([match, index]) => {
    const listed = list(match, "priced model", ["prices", index, "match"]);
    return typeof config.prices === "string" ? { ...listed, place: `prices[${String(index)}].match` } : listed;
  });
}

import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { replaceMaps, writtenEntries } from "../../ledger/names/written-map.ts";
import type { RuleSettings } from "./settings.ts";

/** A rule whose dimension values are a list: the first match decides. */
export function orderRule({ teams, ...rule }: Pick<RuleSettings, "teams">): object {
  return teams === undefined ? rule : { ...rule, teams: [...teams] };
}

/** A policy whose groups are a list: their order is the order of their teams. */
export function orderPolicy(policy: TailnetPolicy): object {
  return { ...policy, groups: [...policy.groups] };
}

/** Settings in the form for comparison and digests, which sort the members of objects: a map is an object unless its order decides who pays. */
export function withoutMaps(settings: object): object {
  return replaceMaps(settings, Object.fromEntries);
}

/** JSON that keeps the written order of map keys. */
export function writtenJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writtenJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = writtenEntries(value) ?? [];
  return `{${entries.flatMap(([key, one]) => (one === undefined ? [] : `${JSON.stringify(key)}:${writtenJson(one)}`)).join(",")}}`;
}

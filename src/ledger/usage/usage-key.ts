import { z } from "zod";
import { USAGE_KEYS } from "./usage-columns.ts";
import { type Billing, BILLINGS, CALLER_TYPES, type CallerType } from "./usage-record.ts";

/** The properties that requests allocated in the same way have in common. */
export interface UsageKey {
  instance: string;
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
  provider: string;
  model: string;
  billing: Billing;
  dimensions: Readonly<Record<string, string>>;
}

/** SQL of the key in a relation whose dimensions are a map. Maps cannot be compared and grouped by; their entries can, and are in order. */
export const SELECT_USAGE_KEY = USAGE_KEYS.map((name) => (name === "dimensions" ? "map_entries(dimensions) AS dimensions" : name)).join(", ");

/** SQL of whether two relations have the same key, with dimensions as entries. */
export function sqlSameKey(a: string, b: string): string {
  return USAGE_KEYS.map((name) => `${a}.${name} = ${b}.${name}`).join(" AND ");
}

/** A map as `map_entries` returns it. */
export const dimensionsOfEntries = z
  .array(z.object({ key: z.string(), value: z.string() }))
  .transform((entries) => Object.fromEntries(entries.map(({ key, value }) => [key, value])));

/** The columns of the key, without its dimensions, in a row of a query. */
export const plainKeyColumns = {
  instance: z.string(),
  caller: z.string(),
  caller_type: z.enum(CALLER_TYPES),
  tags: z.array(z.string()),
  provider: z.string(),
  model: z.string(),
  billing: z.enum(BILLINGS),
};

/** The columns of a usage key including dimensions, as `SELECT_USAGE_KEY` returns them. */
export const usageKeyColumns = { ...plainKeyColumns, dimensions: dimensionsOfEntries };

const usageKeyRow = z.object(usageKeyColumns);

/** The key in a row. */
export function toUsageKey({ instance, caller, caller_type, tags, provider, model, billing, dimensions }: z.infer<typeof usageKeyRow>): UsageKey {
  return { instance, caller, callerType: caller_type, tags, provider, model, billing, dimensions };
}

/** The entries of a map in the order of their names. */
export function sortEntries<Value>(map: Readonly<Record<string, Value>>): [name: string, value: Value][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

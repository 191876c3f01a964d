import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Property } from "../question/property.ts";

/** Values that the page offers for a property, the most frequent first. */
export type Suggestions = ReadonlyMap<string, readonly string[]>;

const MOST = 50;
/** Longer values are not offered: they would fill the page. */
const LONGEST = 200;

const row = z.tuple([z.string(), z.bigint()]);
type Counts = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** Suggests values from files of rollups, and reads each file once. */
export class ValueSuggestions {
  #counted = new Map<string, Counts>();

  /** @param files the newest days as `flattenRollups` writes them. Those of earlier calls are forgotten unless they are among them */
  async suggest(duck: DuckDBConnection, files: readonly string[], properties: readonly Property[]): Promise<Suggestions> {
    const counted = new Map<string, Counts>();
    for (const file of files) counted.set(file, this.#counted.get(file) ?? (await countValues(duck, file, properties)));
    this.#counted = counted;
    return new Map(properties.map(({ name }) => [name, mostFrequent([...counted.values()].map((counts) => counts.get(name) ?? new Map<string, bigint>()))]));
  }
}

async function countValues(duck: DuckDBConnection, file: string, properties: readonly Property[]): Promise<Counts> {
  const counts = new Map<string, Map<string, bigint>>();
  for (const { name, sql, has, values } of properties) {
    if (values !== undefined) continue;
    const value = has === undefined ? sql : "unnest(tags)";
    const found = await duck.runAndReadAll(`SELECT value, sum(requests)::HUGEINT AS requests FROM (SELECT ${value} AS value, requests FROM ${readParquet(file)})
      WHERE value <> '' AND length(value) <= ${String(LONGEST)} GROUP BY value ORDER BY requests DESC, value LIMIT ${String(MOST)}`);
    counts.set(name, new Map(z.array(row).parse(found.getRowsJS()).map(([text, requests]) => [text, requests])));
  }
  return counts;
}

/** A field of a form cannot hold every text: it changes line ends and hides other characters. */
function mostFrequent(all: readonly ReadonlyMap<string, bigint>[]): string[] {
  const sums = new Map<string, bigint>();
  for (const counts of all) for (const [value, requests] of counts) sums.set(value, (sums.get(value) ?? 0n) + requests);
  return [...sums].filter(([value]) => visibleText(value) === value && value.trim() === value).sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1)).slice(0, MOST).map(([value]) => value);
}

import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import pMap from "p-map";
import { z } from "zod";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { ROLLUPS, USAGE } from "../layout.ts";

/** The part of usage that a written name is compared with: a property, or a dimension by name. */
export type NamedProperty = "caller" | "tag" | "gateway" | "provider" | "model" | { dimension: string };

/** Local copies of the newest tables. */
export interface KnownTables {
  rollups: string[];
  /** Usage tables of fewer days than rollups; only these have models as recorded. */
  usage: string[];
}

const MOST_ROLLUPS = 800;
const MOST_BYTES = 2 ** 28;

/** Downloads the tables that show which values exist, newest days first, up to a size limit. Empty where the ledger has no usage. */
export async function fetchKnownTables(lake: ObjectStore, directory: string): Promise<KnownTables> {
  const fetch = async (entries: readonly ObjectEntry[]): Promise<string[]> =>
    await pMap(
      entries,
      async ({ key, etag }) => {
        const file = join(directory, key.replaceAll("/", "-"));
        await lake.download(key, file, etag);
        return file;
      },
      { concurrency: READS_AT_ONCE },
    );
  return { rollups: await fetch(await newest(lake, ROLLUPS)), usage: await fetch(await newest(lake, USAGE)) };
}

async function newest(lake: ObjectStore, prefix: string): Promise<ObjectEntry[]> {
  const all: ObjectEntry[] = [];
  for await (const entry of lake.list(prefix)) if (entry.key.endsWith(".parquet")) all.push(entry);
  let bytes = 0;
  // The first table is fetched whatever its size.
  return all.sort((a, b) => (a.key < b.key ? 1 : -1)).slice(0, MOST_ROLLUPS).filter(({ size }, index) => (bytes += size) <= MOST_BYTES || index === 0);
}

const texts = z.array(z.tuple([z.string()]));

/** Each value in usage, once, in pieces. */
export async function* valuesOf(duck: DuckDBConnection, tables: KnownTables, property: NamedProperty): AsyncGenerator<string[]> {
  if (tables.rollups.length === 0) return;
  const result = await duck.stream(`SELECT DISTINCT value FROM (${selectValues(tables, property)}) WHERE value IS NOT NULL`);
  for await (const rows of result.yieldRowsJs()) yield texts.parse(rows).map(([value]) => value);
}

function selectValues({ rollups }: KnownTables, property: NamedProperty): string {
  const from = `FROM ${readParquet(...rollups)}`;
  if (typeof property === "object") return `SELECT map_extract_value(dimensions, ${sqlText(property.dimension)}) AS value ${from}`;
  switch (property) {
    case "caller":
    case "provider":
    case "model":
      return `SELECT ${property} AS value ${from}`;
    case "gateway":
      return `SELECT instance AS value ${from}`;
    case "tag":
      return `SELECT unnest(tags) AS value ${from}`;
    default:
      return property satisfies never;
  }
}

const models = z.array(z.object({ instance: z.string(), provider: z.string(), model: z.string(), model_recorded: z.string(), cost_basis: z.string().nullable() }));

/** A requested model; where only rollups have it, its normalised name replaces the recorded one. */
export type KnownModel = z.infer<typeof models>[number];

/** Yields each known model once, in pieces. */
export async function* modelsOf(duck: DuckDBConnection, { rollups, usage }: KnownTables): AsyncGenerator<KnownModel[]> {
  if (rollups.length === 0) return;
  const selects = [
    `SELECT instance, provider, model, model AS model_recorded, NULL AS cost_basis FROM ${readParquet(...rollups)}`,
    ...(usage.length === 0 ? [] : [`SELECT instance, provider, model, model_recorded, cost_basis FROM ${readParquet(...usage)}`]),
  ];
  const result = await duck.stream(`SELECT DISTINCT * FROM (${selects.join(" UNION ALL ")})`);
  for await (const rows of result.yieldRowObjectJs()) yield models.parse(rows);
}

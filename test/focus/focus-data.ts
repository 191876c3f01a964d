import { query } from "../query.ts";

/** An export as the rules look at it. */
export interface FocusData {
  /** DuckDB's type of each column; of CSV what it takes the column for. */
  types: ReadonlyMap<string, string>;
  /** Values as text. */
  rows: readonly Readonly<Record<string, string | null>>[];
}

export async function readFocusParquet(file: string): Promise<FocusData> {
  const types = await typesOf(`read_parquet('${file}')`);
  const texts = [...types].map(([name, type]) => (type.startsWith("TIMESTAMP") ? `strftime("${name}", '%Y-%m-%dT%H:%M:%SZ') AS "${name}"` : `"${name}"::VARCHAR AS "${name}"`));
  return { types, rows: (await query(`SELECT ${texts.join(", ")} FROM read_parquet('${file}')`)) as FocusData["rows"] };
}

export async function readFocusCsv(file: string): Promise<FocusData> {
  const types = await typesOf(`read_csv('${file}', sample_size = -1)`);
  return { types, rows: (await query(`SELECT * FROM read_csv('${file}', all_varchar = true)`)) as FocusData["rows"] };
}

async function typesOf(relation: string): Promise<Map<string, string>> {
  const columns = await query(`DESCRIBE SELECT * FROM ${relation}`);
  return new Map(columns.map(({ column_name, column_type }) => [column_name as string, column_type as string]));
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import type { Dataset, DatasetRow } from "../focus/datasets.ts";
import type { FocusFormat } from "../focus/focus-settings.ts";
import { sqlCell } from "./cells.ts";

const OPTIONS: Readonly<Record<FocusFormat, string>> = { parquet: "FORMAT parquet, COMPRESSION zstd", csv: "FORMAT csv, HEADER", "csv.gz": "FORMAT csv, HEADER, COMPRESSION gzip" };

/** Writes a data set to a local file. The same rows give the same bytes. */
export async function writeDataset(duck: DuckDBConnection, { columns }: Dataset, rows: readonly DatasetRow[], file: string, format: FocusFormat): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE dataset_text (${columns.map(({ name }) => `${name} VARCHAR`).join(", ")})`);
  await appendRows(duck, "dataset_text", rows.map((row) => columns.map(({ name }) => row[name] ?? null)));
  const values = columns.map((column) => `${format === "parquet" ? `${column.name}::${column.type}` : sqlCell(column)} AS ${column.name}`);
  await duck.run(`COPY (SELECT ${values.join(", ")} FROM dataset_text) TO ${sqlText(file)} (${OPTIONS[format]})`);
  await duck.run("DROP TABLE dataset_text");
}

import { DuckDBInstance, type Json } from "@duckdb/node-api";

let opened: Promise<DuckDBInstance> | undefined;

/** Rows of a query as JSON has them: big numbers and decimals as text. One database serves a process: to make one takes longer than to ask it. */
export async function query(sql: string): Promise<Record<string, Json>[]> {
  // Files are written again under their names between two queries.
  opened ??= DuckDBInstance.create(":memory:", { threads: "1", enable_external_file_cache: "false" });
  const duck = await (await opened).connect();
  try {
    await duck.run("SET TimeZone = 'UTC'");
    return (await duck.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    duck.closeSync();
  }
}

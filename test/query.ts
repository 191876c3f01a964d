import { DuckDBInstance, type Json } from "@duckdb/node-api";

/** Rows of a query as JSON has them: big numbers and decimals as text. */
export async function query(sql: string): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const duck = await instance.connect();
  try {
    await duck.run("SET TimeZone = 'UTC'");
    return (await duck.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    duck.closeSync();
    instance.closeSync();
  }
}

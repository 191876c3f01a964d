import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const COOKBOOK = join(import.meta.dirname, "../../docs/sql-cookbook.md");
const RECIPE = /^## (?<question>[^\n]*)\n(?:(?!^## ).)*?^```sql\n(?<sql>.*?)^```\n\n^```text\n(?<result>.*?)^```$/gms;
/** As the page names it. */
const LAKE = "demo/lake/";

export interface Recipe {
  question: string;
  sql: string;
  /** As the page prints it. */
  result: string;
}

export function readRecipes(page = readFileSync(COOKBOOK, "utf8")): Recipe[] {
  return [...page.matchAll(RECIPE)].map(({ groups: { question = "", sql = "", result = "" } = {} }) => ({ question, sql, result }));
}

/** What each statement of the page comes to on a lake, as the page prints it. */
export async function runRecipes(recipes: readonly Recipe[], lake: string): Promise<Recipe[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const duck = await instance.connect();
  try {
    await duck.run("SET TimeZone = 'UTC'");
    const ran: Recipe[] = [];
    for (const recipe of recipes) ran.push({ ...recipe, result: await runStatement(duck, recipe.sql.replaceAll(LAKE, `${lake}/`)) });
    return ran;
  } finally {
    duck.closeSync();
    instance.closeSync();
  }
}

async function runStatement(duck: DuckDBConnection, sql: string): Promise<string> {
  const result = await duck.runAndReadAll(sql);
  const rows = result.getRows().map((row) => row.map((value) => (value === null ? "NULL" : String(value))));
  return printTable([result.columnNames(), ...rows]);
}

/** Columns as wide as their widest cell, and nothing after the last of them. */
function printTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}\n`).join("");
}

/** The page with other results. */
export function withResults(page: string, ran: readonly Recipe[]): string {
  const results = new Map(ran.map(({ question, result }) => [question, result]));
  return page.replaceAll(RECIPE, (text: string, question: string, _sql: string, result: string) => text.replace(/^```text\n.*?^```$/ms, () => `\`\`\`text\n${results.get(question) ?? result}\`\`\``));
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { createChanges, sqlChanged } from "../../ledger/sql/duckdb-texts.ts";
import { loginReplacer } from "../../ledger/names/login-replacer.ts";
import { COUNT_COLUMNS, ENTRIES_TYPE } from "../../ledger/usage/usage-columns.ts";
import { CORRECTION_KEYS } from "./month-figures.ts";

/**
 * Moves the figures of erased logins to their pseudonyms. Figures from before and after an erasure then have the same key, so that no
 * correction names both the login and its pseudonym.
 * @param pseudonymOf returns undefined for a login that was not erased; undefined itself where nobody was erased
 */
export async function foldErased(duck: DuckDBConnection, table: string, pseudonymOf: ((login: string) => string | undefined) | undefined): Promise<void> {
  if (pseudonymOf === undefined) return;
  const callers = (await duck.runAndReadAll(`SELECT DISTINCT caller FROM ${table} WHERE caller IS NOT NULL`)).getRows().map(([caller]) => String(caller));
  const erased = callers.flatMap((login) => {
    const pseudonym = pseudonymOf(login);
    return pseudonym === undefined ? [] : [{ login, pseudonym }];
  });
  if (erased.length === 0) return;
  for (const { login, pseudonym } of erased) {
    const rows = `FROM ${table} WHERE caller = ${sqlText(login)}`;
    const replace = loginReplacer(login, pseudonym);
    await createChanges(duck, "erased_texts", `SELECT model ${rows} UNION ALL SELECT provider ${rows}`, replace);
    await createChanges(duck, "erased_dimensions", `SELECT to_json(dimensions)::VARCHAR ${rows}`, (entries) => replaceValues(entries, replace));
    await duck.run(`UPDATE ${table} SET caller = ${sqlText(pseudonym)}, model = ${sqlChanged(`${table}.model`, "erased_texts")}, provider = ${sqlChanged(`${table}.provider`, "erased_texts")},
      dimensions = coalesce((SELECT after::JSON::${ENTRIES_TYPE} FROM erased_dimensions WHERE before = to_json(${table}.dimensions)::VARCHAR), dimensions)
      WHERE caller = ${sqlText(login)}`);
  }
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT ${CORRECTION_KEYS.join(", ")}, sum(cost_usd)::DECIMAL(38,9) AS cost_usd, ${COUNT_COLUMNS.map((name) => `sum(${name})::DECIMAL(38,9) AS ${name}`).join(", ")}
    FROM ${table} GROUP BY ALL`);
}

function replaceValues(json: string, replace: (text: string) => string): string {
  return JSON.stringify(JSON.parse(json, (name, value: unknown) => (name === "value" && typeof value === "string" ? replace(value) : value)));
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText, sqlWithoutLogin } from "../../duckdb.ts";
import { COUNTS, CORRECTION_KEYS } from "./month-figures.ts";

/**
 * Puts what a table of figures has under an erased login under the pseudonym. Figures from before an erasure and from after it are then
 * the same ones: no correction names both, which would say whose pseudonym it is.
 * @param pseudonymOf undefined for who was not erased; not given where nobody was.
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
    const without = (text: string): string => sqlWithoutLogin(text, login, pseudonym);
    await duck.run(`UPDATE ${table} SET caller = ${sqlText(pseudonym)}, model = ${without("model")},
      dimensions = list_transform(dimensions, lambda one: {'key': one.key, 'value': ${without("one.value")}}) WHERE caller = ${sqlText(login)}`);
  }
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT ${CORRECTION_KEYS.join(", ")}, sum(cost_usd)::DECIMAL(38,9) AS cost_usd, ${COUNTS.map((name) => `sum(${name})::DECIMAL(38,9) AS ${name}`).join(", ")}
    FROM ${table} GROUP BY ALL`);
}

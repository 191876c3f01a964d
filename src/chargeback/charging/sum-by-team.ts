import type { DuckDBConnection } from "@duckdb/node-api";
import { FOCUS_KEY } from "./charge-tables.ts";
import { FOCUS_CHARGE } from "./fill-charges.ts";

/** What stands for all callers; its columns are not written. */
const NOBODY = "caller = '', caller_type = ''";

/** Larger list costs are left as they are: their sum might not fit into a row. */
const MOST_SUMMED = "1e30";

/** Sums up charges that differ in nothing but their callers. */
export async function sumByTeam(duck: DuckDBConnection): Promise<void> {
  await duck.run(`UPDATE ${FOCUS_KEY} SET ${NOBODY}`);
  await duck.run(`CREATE TEMP TABLE same_key AS SELECT key_id, min(key_id) OVER (PARTITION BY instance, provider, model, billing, dimensions_text) AS first_key FROM ${FOCUS_KEY}`);
  const isSmall = `abs(list::DOUBLE) < ${MOST_SUMMED}`;
  await duck.run(`CREATE TEMP TABLE summed_charge AS
    SELECT first_key AS key_id, payer_id, kind_id, sum(billed)::HUGEINT AS billed, sum(list)::HUGEINT AS list, sum(pricing_quantity)::HUGEINT AS pricing_quantity, sum(consumed_quantity)::HUGEINT AS consumed_quantity
      FROM ${FOCUS_CHARGE} JOIN same_key USING (key_id) WHERE ${isSmall} GROUP BY first_key, payer_id, kind_id
    UNION ALL
    SELECT first_key, payer_id, kind_id, billed, list, pricing_quantity, consumed_quantity FROM ${FOCUS_CHARGE} JOIN same_key USING (key_id) WHERE NOT (${isSmall})`);
  await duck.run(`DROP TABLE ${FOCUS_CHARGE}`);
  await duck.run(`ALTER TABLE summed_charge RENAME TO ${FOCUS_CHARGE}`);
  await duck.run("DROP TABLE same_key");
}

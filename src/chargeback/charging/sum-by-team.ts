import type { DuckDBConnection } from "@duckdb/node-api";
import { FOCUS_CHARGE, FOCUS_KEY, FOCUS_KIND, FOCUS_PAYER } from "./charge-tables.ts";

/** In 1e-24 dollars, as a DOUBLE. Charges whose list costs add up to more stay unsummed, since no row could hold the sum. */
const MOST_SUMMED = "9.9e37";

const IDS = ["key_id", "payer_id", "kind_id"] as const;
const AMOUNTS = ["billed", "effective", "list", "pricing_quantity", "consumed_quantity"] as const;

/** Sums up charges that differ in nothing but their callers, whose columns are not written. */
export async function sumByTeam(duck: DuckDBConnection): Promise<void> {
  await duck.run(`UPDATE ${FOCUS_KEY} SET caller = '', caller_type = ''`);
  await sumAlike(duck);
}

/** Sums charges whose rows would differ only in their amounts. */
export async function sumAlike(duck: DuckDBConnection): Promise<void> {
  const same = [[FOCUS_KEY, "key_id"], [FOCUS_PAYER, "payer_id"], [FOCUS_KIND, "kind_id"]] as const;
  const firsts = same.map(([table, id]) => `JOIN (SELECT unnest(ids) AS ${id}, ids[1] AS first_${id} FROM (SELECT * EXCLUDE (${id}), list(${id} ORDER BY ${id}) AS ids FROM ${table} GROUP BY ALL)) USING (${id})`);
  const charges = `SELECT ${IDS.map((id) => `first_${id} AS ${id}`).join(", ")}, ratio, ${AMOUNTS.join(", ")} FROM ${FOCUS_CHARGE} ${firsts.join(" ")}`;
  const numbered = `SELECT *, CASE WHEN sum(abs(list)::DOUBLE) OVER (PARTITION BY ${IDS.join(", ")}, ratio) > ${MOST_SUMMED} THEN row_number() OVER () ELSE 0 END AS large_no FROM (${charges})`;
  await duck.run(`CREATE TEMP TABLE summed_charge AS SELECT ${IDS.join(", ")}, ${AMOUNTS.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(", ")}, ratio
    FROM (${numbered}) GROUP BY ${IDS.join(", ")}, ratio, large_no`);
  await duck.run(`DROP TABLE ${FOCUS_CHARGE}`);
  await duck.run(`ALTER TABLE summed_charge RENAME TO ${FOCUS_CHARGE}`);
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { splitByLargestRemainder } from "../../ledger/money.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { type Largest, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { BILLED } from "../../prices/list/price-entry.ts";
import { rateColumn } from "../../prices/list/price-table.ts";
import { COST_GROUP, COST_PRICE, countColumn } from "../../prices/sums/cost-groups.ts";
import { METERS } from "../focus/meters.ts";

/**
 * Parts of the usage of one day and key, each of one meter at one price: `part_id`, `day`, `key_id`, `name_id`, `unit_price` in 1e-18
 * dollars per million of the unit (for an estimate per dollar), whole `quantity` of the unit, `cost` in nanodollars, and `place` among the parts
 * of the key and day.
 */
export const FOCUS_PART = "focus_part";
/** Names of parts: `name_id`, `agent`, `source`, `meter`, and `version`, which is null for estimates. */
export const PART_NAME = "part_name";

/** The text of a charge about the origin of its cost, by the source of the requests' cost. */
const SOURCES = {
  aperture: { priced: "aperture, split by list price", estimated: "aperture, no list price" },
  price_list: { priced: "price_list", estimated: "price_list, price no longer known" },
} as const;

/** Upper bounds for the calculation. Costs whose product with a list price exceeds the bound are split outside the database. */
const MOST: Largest = { amount: 1e28, weights: 1e36, product: 1e36 };

const METER_NAMES = BILLED.map((meter) => METERS[meter].name);
/** The place of each meter in the order of names. */
const METER_PLACES = BILLED.map((meter) => METER_NAMES.toSorted().indexOf(METERS[meter].name));

/**
 * Splits the costs of the groups by meter, in proportion to list prices. Without list prices the cost is one part, priced at itself.
 */
export async function createParts(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE focus_group AS SELECT (row_number() OVER ())::INTEGER AS group_id, * FROM ${COST_GROUP} JOIN (
    SELECT *, (row_number() OVER (ORDER BY ${["version", ...BILLED.map(rateColumn)].map((name) => `${name} NULLS FIRST`).join(", ")}))::INTEGER AS price_place FROM ${COST_PRICE}) USING (price_no)`);
  const divisor = BILLED.map((name) => `coalesce(${rateColumn(name)}, 0)`).reduce((all, rate) => `gcd(${all}, ${rate})`);
  const meters = BILLED.map((name, index) => `{meter: ${sqlText(name)}, meter_place: ${String(METER_PLACES[index])}, quantity: ${countColumn(name)}, rate: ${rateColumn(name)}}`);
  await duck.run(`CREATE TEMP TABLE metered AS
    SELECT *, CASE WHEN estimated_sum * greatest(amount::DOUBLE, 1) > ${String(MOST.product)} THEN NULL ELSE quantity * rate_share END AS listed FROM (
      SELECT *, row_number() OVER (PARTITION BY group_id ORDER BY meter_place) - 1 AS place, count(*) OVER whole AS parts, sum(quantity::DOUBLE * rate_share::DOUBLE) OVER whole AS estimated_sum FROM (
        SELECT group_id, nanodollars AS amount, used.meter, used.meter_place, used.quantity, used.rate, used.rate // greatest(divisor, 1) AS rate_share
        FROM (SELECT group_id, nanodollars, ${divisor} AS divisor, unnest([${meters.join(", ")}]) AS used FROM focus_group)
        WHERE used.quantity > 0 AND used.rate IS NOT NULL)
      WINDOW whole AS (PARTITION BY group_id))`);
  const parts = `SELECT group_id, meter, quantity, rate, amount, CASE WHEN all_listed = 0 THEN 1 ELSE listed END AS weight, CASE WHEN all_listed = 0 THEN parts ELSE all_listed END AS all_weights, place
    FROM (SELECT *, sum(listed) OVER (PARTITION BY group_id) AS all_listed FROM metered WHERE listed IS NOT NULL)`;
  await duck.run("CREATE TEMP TABLE priced (group_id INTEGER, meter VARCHAR, quantity HUGEINT, rate HUGEINT, amount HUGEINT)");
  await duck.run(`INSERT INTO priced SELECT group_id, meter, quantity, rate, amount FROM ${sqlSplit(parts, ["group_id"], MOST)}`);
  await splitHeavy(duck);
  await duck.run(`CREATE TEMP TABLE unplaced_part AS
    SELECT day, key_id, price_place, agent, ${sourceOf("priced")} AS source, meter, version, rate AS unit_price, quantity, amount AS cost FROM priced JOIN focus_group USING (group_id)
    UNION ALL
    SELECT day, key_id, price_place, agent, ${sourceOf("estimated")}, 'estimate', NULL, 1000000000000000000, requests, nanodollars FROM (
      SELECT day, key_id, NULL AS price_place, agent, cost_source, requests, nanodollars FROM ${COST_GROUP} WHERE price_no IS NULL
      UNION ALL SELECT day, key_id, price_place, agent, cost_source, requests, nanodollars FROM focus_group ANTI JOIN metered USING (group_id))`);
  await placeParts(duck);
  for (const table of ["focus_group", "metered", "priced", "unplaced_part"]) await duck.run(`DROP TABLE ${table}`);
}

/** SQL of the text of a charge about the origin of its cost. */
function sourceOf(kind: "priced" | "estimated"): string {
  return `CASE cost_source WHEN 'aperture' THEN ${sqlText(SOURCES.aperture[kind])} ELSE ${sqlText(SOURCES.price_list[kind])} END`;
}

/** Splits costs that the database cannot calculate: those with prices of very many digits. */
async function splitHeavy(duck: DuckDBConnection): Promise<void> {
  const found = await duck.runAndReadAll("SELECT group_id, meter, quantity, rate, amount FROM metered WHERE listed IS NULL ORDER BY group_id, place");
  const rows = z.array(z.tuple([z.number(), z.string(), z.bigint(), z.bigint(), z.bigint()])).parse(found.getRowsJS());
  for (const group of Map.groupBy(rows, ([id]) => id).values()) {
    const costs = splitByLargestRemainder(group[0]?.[4] ?? 0n, group.map(([, , quantity, rate], place) => ({ name: String(place), weight: quantity * rate })));
    await appendRows(duck, "priced", group.map(([id, meter, quantity, rate], index) => [id, meter, quantity, rate, costs[index] ?? 0n]));
  }
}

/** Numbers the parts. Parts of a key and day are in the order of their names: agent, source, meter and version as JSON. */
async function placeParts(duck: DuckDBConnection): Promise<void> {
  const named = (await duck.runAndReadAll("SELECT DISTINCT agent, source, meter, version FROM unplaced_part")).getRowsJS();
  const names = z.array(z.tuple([z.string().nullable(), z.string(), z.string(), z.string().nullable()])).parse(named);
  const inOrder = names.map((name) => ({ name, text: JSON.stringify(name) })).sort((a, b) => (a.text < b.text ? -1 : 1));
  await duck.run(`CREATE TEMP TABLE ${PART_NAME} (name_id INTEGER, agent VARCHAR, source VARCHAR, meter VARCHAR, version VARCHAR)`);
  await appendRows(duck, PART_NAME, inOrder.map(({ name }, id) => [id, ...name]));
  await duck.run(`CREATE TEMP TABLE ${FOCUS_PART} AS SELECT (row_number() OVER ())::INTEGER AS part_id, day, key_id, name_id, unit_price, quantity, cost,
      (row_number() OVER (PARTITION BY day, key_id ORDER BY name_id, price_place NULLS FIRST) - 1)::INTEGER AS place
    FROM unplaced_part AS used JOIN ${PART_NAME} AS name ON used.agent IS NOT DISTINCT FROM name.agent AND used.source = name.source
      AND used.meter = name.meter AND used.version IS NOT DISTINCT FROM name.version`);
}

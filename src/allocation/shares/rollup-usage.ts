import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { BILLIONTHS } from "../../ledger/money.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sqlInstant, sqlNanodollars, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { COUNT_COLUMNS, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import type { Span } from "../settings/periods.ts";
import type { Plan } from "./plan.ts";
import type { Sums } from "./sums.ts";

/** Usages of one key during one period. */
interface Party {
  usage: UsageKey;
  period: number;
}

const KEY = [...USAGE_KEYS, "period"];

/**
 * Passes the usages of a span, from local `rollups` files, to `add`: by quarter of an hour where their plan requires it, otherwise
 * summed.
 * @param changes instants at which a new period begins, in order; the first period has the number 0.
 */
export async function readUsages(
  duck: DuckDBConnection,
  files: readonly string[],
  { from, to, changes }: Span & { changes: readonly number[] },
  plan: (usage: UsageKey, period: number) => Plan,
  add: (plan: Plan, sums: Sums) => void,
): Promise<void> {
  if (files.length === 0) return;
  const periods = changes.map((instant, index) => `WHEN slot >= ${sqlInstant(instant)} THEN ${String(index + 1)}`).reverse();
  const period = periods.length === 0 ? "0" : `CASE ${periods.join(" ")} ELSE 0 END`;
  await duck.run(`CREATE TEMP TABLE month_usage AS
    SELECT * REPLACE (map_entries(dimensions) AS dimensions), ${period} AS period FROM ${readParquet(...files)}
    WHERE ${sqlWithin("slot", { from, to })}`);
  await duck.run(`CREATE TEMP TABLE party AS SELECT (row_number() OVER (ORDER BY ${KEY.join(", ")}) - 1)::INTEGER AS id, * FROM (SELECT DISTINCT ${KEY.join(", ")} FROM month_usage)`);
  try {
    const plans = (await listParties(duck)).map(({ usage, period: of }) => plan(usage, of));
    await duck.run("CREATE TEMP TABLE split (id INTEGER)");
    const splitting = plans.flatMap(({ isSplit }, id) => (isSplit ? [`(${String(id)})`] : []));
    if (splitting.length > 0) await duck.run(`INSERT INTO split VALUES ${splitting.join(", ")}`);
    await addSums(duck, plans, add);
  } finally {
    for (const table of ["month_usage", "party", "split"]) await duck.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

const partyRow = z.object({ ...usageKeyColumns, period: z.number() }).transform(({ period, ...key }): Party => ({ usage: toUsageKey(key), period }));

async function listParties(duck: DuckDBConnection): Promise<Party[]> {
  const result = await duck.runAndReadAll(`SELECT ${KEY.join(", ")} FROM party ORDER BY id`);
  return z.array(partyRow).parse(result.getRowObjectsJS());
}

async function addSums(duck: DuckDBConnection, plans: readonly Plan[], add: (plan: Plan, sums: Sums) => void): Promise<void> {
  const same = KEY.map((key) => `month_usage.${key} = party.${key}`).join(" AND ");
  const result = await duck.stream(`
    SELECT party.id AS id, ${sqlNanodollars("sum(cost_usd)")} AS cost, ${COUNT_COLUMNS.map((count) => `sum(${count})::HUGEINT AS ${count}`).join(", ")}
    FROM month_usage JOIN party ON ${same} LEFT JOIN split ON split.id = party.id
    GROUP BY party.id, CASE WHEN split.id IS NOT NULL THEN slot END`);
  for await (const rows of result.yieldRowsJs()) {
    for (const [id, cost, ...counts] of rows) {
      const plan = plans[Number(id)];
      if (plan === undefined) continue;
      add(plan, { cost: typeof cost === "bigint" ? cost : null, counts: counts.map((count) => (typeof count === "bigint" ? count : 0n) * BILLIONTHS) });
    }
  }
}

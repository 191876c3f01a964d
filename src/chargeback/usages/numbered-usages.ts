import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { startOfDay } from "../../ledger/days.ts";
import type { Month } from "../../ledger/months.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlInstant, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { toUsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import { nameUsage } from "./paid-usage.ts";

const KEY = ["day", ...USAGE_KEYS];

const TABLE = "numbered_usage";

const usageRow = z.object({ ...usageKeyColumns, day: z.string() }).transform(({ day, ...key }) => nameUsage({ ...toUsageKey(key), day }));

/** The usages of a month's days, numbered, as a table for as long as it takes: a row of a query then names its usage by one number. */
export class NumberedUsages {
  readonly #duck: DuckDBConnection;
  readonly #month: Month;
  readonly #days: readonly string[];

  private constructor(duck: DuckDBConnection, month: Month, days: readonly string[]) {
    this.#duck = duck;
    this.#month = month;
    this.#days = days;
  }

  /**
   * @param rollups local files, at least one, of all days of the month.
   * @param days all days of the month, in order.
   */
  static async create(duck: DuckDBConnection, rollups: readonly string[], month: Month, days: readonly string[]): Promise<NumberedUsages> {
    const rows = rowsOfMonth(readParquet(...rollups), "slot", month, days);
    await duck.run(`CREATE TEMP TABLE ${TABLE} AS SELECT (row_number() OVER (ORDER BY ${KEY.join(", ")}) - 1)::INTEGER AS usage_id, *
      FROM (SELECT DISTINCT ${KEY.join(", ")} FROM ${rows})`);
    return new NumberedUsages(duck, month, days);
  }

  /** Numbers and names of a day's usages, in order of the number. */
  async namesOf(day: string): Promise<Map<number, string>> {
    const result = await this.#duck.runAndReadAll(`SELECT usage_id, ${KEY.join(", ")} FROM ${TABLE} WHERE day = ${sqlText(day)} ORDER BY usage_id`);
    return new Map(result.getRowObjectsJS().map((row) => [Number(row["usage_id"]), usageRow.parse(row)]));
  }

  /**
   * SQL of the month's rows of local files, each with its `usage_id`.
   * @param time the column with the time
   */
  rowsOf(files: readonly string[], time: "slot" | "ts"): string {
    const same = KEY.map((key) => `timed.${key} = ${TABLE}.${key}`).join(" AND ");
    return `(SELECT timed.*, usage_id FROM ${rowsOfMonth(readParquet(...files), time, this.#month, this.#days)} timed JOIN ${TABLE} ON ${same})`;
  }

  async forget(): Promise<void> {
    await this.#duck.run(`DROP TABLE ${TABLE}`);
  }
}

function rowsOfMonth(from: string, time: "slot" | "ts", { from: start, to, timezone }: Month, days: readonly string[]): string {
  const [first = "", ...others] = days;
  const cases = others.map((day) => `WHEN ${time} >= ${sqlInstant(startOfDay(day, timezone))} THEN ${sqlText(day)}`).reverse();
  const day = cases.length === 0 ? sqlText(first) : `CASE ${cases.join(" ")} ELSE ${sqlText(first)} END`;
  return `(SELECT * REPLACE (map_entries(dimensions) AS dimensions), ${day} AS day FROM ${from}
    WHERE ${sqlWithin(time, { from: start, to })})`;
}

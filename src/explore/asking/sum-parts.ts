import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Measure } from "../question/question.ts";
import type { Condition } from "./sql-filters.ts";
import { sqlSum } from "./sql-figures.ts";

/** The measure by place of the row (null: all others) or index of the day, then by place of the series; all other series are the place after the last. */
export type Parts = ReadonlyMap<number | null, ReadonlyMap<number, bigint | null>>;

interface Places {
  /** Table of the names that are shown, with their places. */
  rows: string;
  /** Table of the series that are shown, with their places. */
  series: string;
  measure: Measure;
  /** Whether the parts of rows are needed. */
  byRow: boolean;
}

const partRow = z.tuple([z.boolean(), z.number().nullable(), z.number(), z.bigint().nullable()]);

/** Sums up the measure by day and by row, divided into series. @param rollups as from `selectRollups` */
export async function sumParts(duck: DuckDBConnection, { sql, values }: Condition, { rows, series, measure, byRow }: Places): Promise<{ byDay: Parts; byRow: Parts }> {
  const joins = [
    ...(byRow ? [`LEFT JOIN ${rows} AS shown_row ON name IS NOT DISTINCT FROM shown_row.value`] : []),
    `LEFT JOIN ${series} AS shown_series ON series IS NOT DISTINCT FROM shown_series.value`,
  ];
  const part = `coalesce(shown_series.place, (SELECT count(*)::INTEGER FROM ${series}))`;
  const found = await duck.runAndReadAll(`SELECT grouping(day) = 0, ${byRow ? "coalesce(day, row_place)" : "day"}, part, ${sqlSum(measure)}
    FROM (SELECT rollups.*, ${byRow ? "shown_row.place AS row_place, " : ""}${part} AS part FROM ${sql} AS rollups ${joins.join(" ")})
    GROUP BY GROUPING SETS ((day, part)${byRow ? ", (row_place, part)" : ""})`, values);
  const [days, names] = [new Map<number | null, Map<number, bigint | null>>(), new Map<number | null, Map<number, bigint | null>>()];
  for (const [isDay, place, of, amount] of z.array(partRow).parse(found.getRowsJS())) {
    const parts = isDay ? days : names;
    const own = parts.get(place) ?? new Map<number, bigint | null>();
    parts.set(place, own.set(of, amount));
  }
  return { byDay: days, byRow: names };
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { readParquet } from "../../ledger/sql/duckdb.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { ChangeItem } from "./explain-change.ts";

/** `team` is the name of the team whose item it is. */
export type TeamItem = ChangeItem & { team: string };

export interface SummedItems {
  /** Rows of the table, list values too. */
  rows: number;
  items: TeamItem[];
}

const TOKENS = REPORTED_COLUMNS.map(({ name }) => `sum(${name})`).join(" + ");

const itemRow = z.tuple([z.string(), z.string(), z.string(), z.string(), billionths, billionths]);

/** What is owed for each model of each team by each billing, by a local `allocations` file: adjustments are in it, tokens in billionths. */
export async function sumItems(duck: DuckDBConnection, file: string): Promise<SummedItems> {
  const counted = await duck.runAndReadAll(`SELECT count(*)::INTEGER FROM ${readParquet(file)}`);
  const result = await duck.runAndReadAll(`
    SELECT team, provider, model, billing, coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR, (${TOKENS})::DECIMAL(38,9)::VARCHAR
    FROM ${readParquet(file)} WHERE NOT ${IS_LIST_VALUE}
    GROUP BY team, provider, model, billing ORDER BY team, provider, model, billing`);
  const items = result.getRowsJS().map((row) => {
    const [team, provider, model, billing, owed, tokens] = itemRow.parse(row);
    return { team, name: JSON.stringify([provider, model, billing]), owed, tokens };
  });
  return { rows: z.number().parse(counted.getRowsJS()[0]?.[0]), items };
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Nanodollars } from "../../ledger/money.ts";
import { descending } from "../../ledger/orders.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sumAllocated, sumOwed } from "./allocation-figures.ts";
import { summedPart, SUMS, toPart } from "./sum-allocations.ts";

/** What a team owes, over all of its cost centres. */
export interface TeamOwing {
  team: string;
  owed: Nanodollars;
}

export interface OwedSums {
  /** Most owed first, equal ones by name. */
  teams: TeamOwing[];
  /** Requests with tokens and no price, in billionths. */
  unpriced: bigint;
}

const owedRow = summedPart.extend({ team: z.string() });

/** Sums what each team owes in a local `allocations` file, with the arithmetic of the report and without its details. */
export async function sumOwedByTeam(duck: DuckDBConnection, file: string): Promise<OwedSums> {
  const found = await duck.runAndReadAll(`SELECT team, billing, method, ${SUMS} FROM ${readParquet(file)} GROUP BY team, billing, method`);
  const parts = z.array(owedRow).parse(found.getRowObjectsJS()).map(({ team, ...part }) => ({ team, ...toPart(part) }));
  const teams = [...Map.groupBy(parts, ({ team }) => team)].map(([team, own]) => ({ team, owed: sumOwed(sumAllocated(own)).cost ?? 0n }));
  return {
    teams: teams.sort((a, b) => descending(a.owed, b.owed) || (a.team < b.team ? -1 : 1)),
    unpriced: sumAllocated(parts).unpricedRequests,
  };
}

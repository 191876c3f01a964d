import type { DuckDBConnection } from "@duckdb/node-api";
import { type AdjustedBases, sumBases } from "../explanation/adjusted-bases.ts";
import { type RankedRecords, rankRecords } from "../explanation/rank-records.ts";
import { sumByRule, type TeamRow, withPseudonym } from "../explanation/read-team.ts";
import { withAllocatedSpan } from "../shares/allocate-span.ts";
import type { MonthSources } from "./month-sources.ts";

/** `why` says why the records cannot be shown as they were when the month was closed. */
export type ExplainedRecords = (RankedRecords & { bases: AdjustedBases; rebuiltDays: number }) | { why: string };

/** Which of a team's records to explain. */
interface AskedRecords {
  team: string;
  /** Number of records to list; with 0 no records are read. */
  most: number;
  /** The team's rows of the table `allocations`. The records must add up to them. */
  rows: readonly TeamRow[];
}

/** Allocates the records again, and returns them only if that gives exactly the figures being explained. */
export async function explainRecords(duck: DuckDBConnection, { month, allocation, fetchRecords }: MonthSources, { team, most, rows }: AskedRecords, workspace: string): Promise<ExplainedRecords> {
  if (most === 0) return { listed: [], all: { count: 0, owed: 0n, listValue: 0n }, bases: new Map(), rebuiltDays: 0 };
  const fetched = await fetchRecords(duck, workspace);
  if ("why" in fetched) return fetched;
  const { usage, rollups, rebuiltDays } = fetched;
  return await withAllocatedSpan(duck, { files: rollups, span: month, settings: allocation }, async ({ pieces }): Promise<ExplainedRecords> => {
    if (!(await isExplained(duck, team, rows))) return { why: "the close kept no records, and this version of aperture-ledger calculates different figures from its exports" };
    const ranked = await rankRecords(duck, { files: usage, span: month, team, most, pieces });
    const listed = ranked.listed.map((record) => ({ ...record, usage: withPseudonym(record.usage, allocation.pseudonymOf) }));
    return { ...ranked, listed, bases: await sumBases(duck, team, allocation, month), rebuiltDays };
  });
}

/** Whether the allocated span gives the team the same figures as the rows, rule by rule. */
async function isExplained(duck: DuckDBConnection, team: string, rows: readonly TeamRow[]): Promise<boolean> {
  const known = new Map<string, bigint>();
  for (const { method, rule, billing, cost_usd } of rows) {
    const name = JSON.stringify([method, rule, billing]);
    known.set(name, (known.get(name) ?? 0n) + (cost_usd ?? 0n));
  }
  const now = await sumByRule(duck, team);
  return [...new Set([...known.keys(), ...now.keys()])].every((name) => (known.get(name) ?? 0n) === (now.get(name) ?? 0n));
}

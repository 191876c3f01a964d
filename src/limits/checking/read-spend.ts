import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { withAllocatedSpan } from "../../allocation/shares/allocate-span.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { type Piece, USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { boundMonth, type Month, monthsOfDate, utcDate, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { type DayManifest, rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { addDays, dayOf, daysBetween, startOfDay } from "../../ledger/days.ts";
import { USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { sortEntries, toUsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import type { DaySpend } from "../budgets/spend.ts";
import type { Ledger } from "../../open/ledger.ts";
import { withWorkspace } from "../../storage/workspace.ts";

/** The stores with the days, and the settings that decide who pays. */
export type SpendReading = Pick<Ledger, "stores" | "rules">;

interface Wanted {
  from: Date;
  to: Date;
  /** Zone in which the days of the spend begin; months are those of the allocations. */
  timezone: string;
}

/**
 * The spend from `from` on and before `to`, both starts of days in the time zone, by days of that zone. Teams and tags have exactly the
 * amounts of the allocations, without adjustments; whole months are allocated for that, since shared costs may depend on a month's
 * direct costs.
 */
export async function readSpend(ledger: SpendReading, days: readonly DayManifest[], from: Date, to: Date, timezone: string): Promise<DaySpend[]> {
  const wanted = { from, to, timezone };
  const sums = new Map<string, DaySpend>();
  for (const month of monthsBetween(days, wanted, ledger.rules.allocation.timezone)) {
    const dates = new Set(utcDates(month));
    const ofMonth = days.filter(({ date }) => dates.has(date));
    addSpend(sums, await spendByDay(ledger, month, ofMonth, wanted));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, spend]) => spend);
}

/** Months that contain both built and wanted days, in order. */
function monthsBetween(days: readonly DayManifest[], { from, to }: Wanted, timezone: string): Month[] {
  const [first, last] = [addDays(utcDate(from), -1), addDays(utcDate(to), 1)];
  const near = days.filter(({ date }) => date >= first && date <= last);
  const names = [...new Set(near.flatMap(({ date }) => monthsOfDate(date, timezone)))].sort();
  return names.map((name) => boundMonth(name, timezone)).filter((month) => month.from < to && month.to > from);
}

/** The spend of a month's wanted days. */
async function spendByDay({ stores: { lake }, rules: { allocation } }: SpendReading, month: Month, days: readonly DayManifest[], wanted: Wanted): Promise<DaySpend[]> {
  const cuts = startsOfDays(month, wanted);
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(days, "rollups") }, (duck) =>
      withAllocatedSpan(duck, { files, span: month, settings: allocation, cuts }, ({ pieces }) => sumSpend(duck, pieces, wanted)),
    );
  });
}

/** Starts of the wanted days in the month, and of the first day after them. */
function startsOfDays(month: Month, { from, to, timezone }: Wanted): Date[] {
  const days = daysBetween(dayOf(from, timezone), addDays(dayOf(to, timezone), 1));
  return days.map((day) => startOfDay(day, timezone)).filter((start) => start > month.from && start < month.to);
}

const spendRow = z
  .object({ ...usageKeyColumns, piece: z.number(), team: z.string(), tag: z.string(), nanodollars: z.bigint().nullable() })
  .transform(({ piece, team, tag, nanodollars, ...key }) => ({ piece, team, tag, cost: nanodollars, ...toUsageKey(key) }));

/** Rules, methods and settings do not matter here, and neither do adjustments. */
async function sumSpend(duck: DuckDBConnection, pieces: readonly Piece[], { from, to, timezone }: Wanted): Promise<DaySpend[]> {
  const dayAt = new Map(pieces.flatMap((piece, number): [number, string][] => (piece.from < from.getTime() || piece.from >= to.getTime() ? [] : [[number, dayOf(new Date(piece.from), timezone)]])));
  if (dayAt.size === 0) return [];
  const found = await duck.runAndReadAll(`
    SELECT piece, team, tag, ${USAGE_KEYS.map((name) => (name === "tags" ? "[]::VARCHAR[] AS tags" : name)).join(", ")}, sum(cost)::HUGEINT AS nanodollars
    FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id)
    WHERE method <> 'adjustment' AND piece IN (${[...dayAt.keys()].join(", ")}) GROUP BY ALL`);
  return z.array(spendRow).parse(found.getRowObjectsJS()).map(({ piece, tags: _tags, ...spend }) => ({ day: dayAt.get(piece) ?? "", ...spend }));
}

/** Merges the spend of pieces of a day. */
function addSpend(sums: Map<string, DaySpend>, spends: readonly DaySpend[]): void {
  for (const spend of spends) {
    const { day, team, tag, caller, callerType, instance, provider, model, billing, dimensions, cost } = spend;
    const id = JSON.stringify([day, team, tag, caller, callerType, instance, provider, model, billing, sortEntries(dimensions)]);
    const known = sums.get(id);
    if (known === undefined) sums.set(id, spend);
    else if (cost !== null) known.cost = (known.cost ?? 0n) + cost;
  }
}

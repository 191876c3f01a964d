import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { subMonths } from "date-fns/subMonths";
import { z } from "zod";
import { allocateUsedMonth } from "../../allocation/allocate-months.ts";
import { withAllocatedSpan } from "../../allocation/shares/allocate-span.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { type DayManifest, rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { findClose } from "../../lake/records/close-record.ts";
import { startOfDay } from "../../ledger/days.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { Ledger } from "../../open/ledger.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { readClosedSettings } from "../closing/known-states.ts";
import { compareDays, type Comparison, type DaySpan, knownDays } from "../report/compared-days.ts";
import { ALL_TOKENS, readItems, type TeamItem } from "../sections/change.ts";
import type { ComparedItems } from "../sections/each-team/team-parts.ts";
import { knownTime } from "./known-time.ts";
import type { MonthTables } from "./month-tables.ts";

interface Comparing {
  /** The month's own tables; its pieces are the days. */
  tables: Pick<MonthTables, "duck" | "month" | "workspace">;
  state: LedgerState;
  /** Local copy of the month's allocations. */
  allocations: string;
}

export interface ComparedMonths {
  /** Null where the ledger has nothing of the month before. */
  comparison: Comparison | null;
  /** Null where nothing is compared. */
  items: ComparedItems | null;
}

/** What was owed for each model of each team in the month and in the month before, of days that are known of both. */
export async function compareMonths(ledger: Pick<Ledger, "stores" | "rules" | "telling">, { tables: { duck, month, workspace }, state, allocations }: Comparing): Promise<ComparedMonths> {
  const { name, timezone } = month;
  const before = boundMonth(subMonths(new Date(`${name}-15T12:00:00Z`), 1).toISOString().slice(0, 7), timezone);
  const days = [...state.days.values()];
  const manifest = await allocateUsedMonth(ledger, before, days);
  if (manifest === null) return { comparison: null, items: null };
  const table = join(workspace, "allocations-before.parquet");
  await downloadWritten(ledger.stores.lake, manifest.allocations, table);
  const { rows, items } = await readItems(duck, table);
  if (rows === 0) return { comparison: null, items: null };
  const known = knownTime(state, timezone);
  const comparison = compareDays(knownDays(month, known), knownDays(before, known));
  switch (comparison.basis) {
    case "none":
      return { comparison, items: null };
    case "months":
      return { comparison, items: { month: before.name, days: null, before: items, now: (await readItems(duck, allocations)).items } };
    case "days": {
      const now = await readAllocatedItems(duck, piecesOf(comparison.days));
      return { comparison, items: { month: before.name, days: comparison.days, before: await itemsOfDays(ledger, before, days, comparison.days), now } };
    }
    default:
      return comparison satisfies never;
  }
}

/** Numbers of the pieces, which are days counted from 0. */
function piecesOf({ first, last }: DaySpan): DaySpan {
  return { first: first - 1, last: last - 1 };
}

/** Pools are spread by what the whole month has, so the whole month is allocated, and summed up by day; a closed month by the rules it was closed with. */
async function itemsOfDays({ stores: { lake }, rules: { allocation } }: Pick<Ledger, "stores" | "rules">, month: Month, manifests: readonly DayManifest[], days: DaySpan): Promise<TeamItem[]> {
  const dates = new Set(utcDates(month));
  const ofMonth = manifests.filter(({ date }) => dates.has(date));
  const close = await findClose(lake, month.name);
  const settings = close === undefined ? allocation : await readClosedSettings({ lake, pseudonymOf: allocation.pseudonymOf }, close);
  const cuts = daysOfMonth(month).map((day) => startOfDay(day, month.timezone));
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, ofMonth, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(ofMonth, "rollups") }, (own: DuckDBConnection) =>
      withAllocatedSpan(own, { files, span: month, settings, cuts }, () => readAllocatedItems(own, piecesOf(days))));
  });
}

/** What is owed for each model of each team on some days of an allocated span whose pieces are its days; what invoices change belongs to no day. Tokens in billionths. */
async function readAllocatedItems(duck: DuckDBConnection, { first, last }: DaySpan): Promise<TeamItem[]> {
  const result = await duck.runAndReadAll(`
    SELECT team, provider, model, billing, coalesce(sum(cost), 0)::HUGEINT, (${ALL_TOKENS})::HUGEINT
    FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id)
    WHERE piece BETWEEN ${String(first)} AND ${String(last)} AND NOT ${IS_LIST_VALUE}
    GROUP BY team, provider, model, billing ORDER BY team, provider, model, billing`);
  return z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.bigint(), z.bigint()])).parse(result.getRowsJS())
    .map(([team, provider, model, billing, owed, tokens]) => ({ team, name: JSON.stringify([provider, model, billing]), owed, tokens }));
}

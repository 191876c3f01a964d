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
import { type CloseRecord, findClose } from "../../lake/records/close-record.ts";
import { startOfDay } from "../../ledger/days.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { formatDollars } from "../../ledger/money.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { COST_NANODOLLARS } from "../../ledger/sql/sql-values.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import type { PriceSources } from "../../prices/list/price-days.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { fetchClosedDays, findSameRollups, listClosedDays, openClosedPlace, parseClosedDays, rollUpUsage } from "../closing/closed-days.ts";
import { readClosedSettings, type Settled } from "../closing/known-states.ts";
import { compareDays, type Comparison, type DaySpan, knownDays } from "../report/compared-days.ts";
import { ALL_TOKENS, readItems, type TeamItem } from "../sections/change.ts";
import type { ComparedItems } from "../sections/each-team/team-parts.ts";
import { type ComparedCrowds, type DriverCrowd, readDriverCrowds } from "../hiding/driver-crowds.ts";
import type { DriverSum } from "../report/drivers.ts";
import { readAverages } from "./averages-before.ts";
import { sumDrivers } from "./find-drivers.ts";
import { knownTime } from "./known-time.ts";
import type { MonthTables } from "./month-tables.ts";

interface Comparing {
  ledger: Pick<Ledger, "stores" | "rules" | "telling" | "money">;
  /** The month's own tables; its pieces are the days. */
  tables: Pick<MonthTables, "duck" | "month" | "workspace">;
  state: LedgerState;
  /** Local copy of the month's allocations. */
  allocations: string;
  /** Names of the dimensions by which a change is explained. */
  dimensions: readonly string[];
}

export interface ComparedMonths {
  /** Null where the ledger has no data for the month before. */
  comparison: Comparison | null;
  /** Null where nothing is compared. */
  items: ComparedItems | null;
  /** The people behind the compared figures; null where nothing is compared, or where people are named. */
  crowds: ComparedCrowds | null;
}

/** What was owed for each model of each team in the month and in the month before, of days that are known of both. */
export async function compareMonths({ ledger, tables: { duck, month, workspace }, state, allocations, dimensions }: Comparing): Promise<ComparedMonths> {
  const { name, timezone } = month;
  const before = boundMonth(subMonths(new Date(`${name}-15T12:00:00Z`), 1).toISOString().slice(0, 7), timezone);
  const days = [...state.days.values()];
  const manifest = await allocateUsedMonth(ledger, before, days);
  if (manifest === null) return { comparison: null, items: null, crowds: null };
  const table = join(workspace, "allocations-before.parquet");
  await downloadWritten(ledger.stores.lake, manifest.allocations, table);
  const { rows, items } = await readItems(duck, table);
  if (rows === 0) return { comparison: null, items: null, crowds: null };
  const known = knownTime(state, timezone);
  const isHidden = ledger.rules.report.privacy !== undefined;
  const comparison = compareDays(knownDays(month, known), knownDays(before, known));
  switch (comparison.basis) {
    case "none":
      return { comparison, items: null, crowds: null };
    case "months": {
      const drivers = { before: await sumDrivers(duck, owedOf(table), dimensions), now: await sumDrivers(duck, owedOf(allocations), dimensions) };
      const crowds = isHidden ? { before: await readDriverCrowds(duck, usedOf(table), dimensions), now: await readDriverCrowds(duck, usedOf(allocations), dimensions) } : null;
      const averages = await readAverages(ledger.stores.lake, duck, { month: before.name, table });
      return { comparison, items: { month: before.name, days: null, before: items, now: (await readItems(duck, allocations)).items, drivers, averages }, crowds };
    }
    case "days": {
      const asked = { pieces: piecesOf(comparison.days), dimensions, isHidden };
      const earlier = await itemsOfDays(ledger, before, days, asked);
      if (earlier === undefined) return { comparison: { basis: "none", isForgotten: true, now: comparison.now, before: comparison.before }, items: null, crowds: null };
      const now = await readPieces(duck, asked);
      const drivers = { before: earlier.drivers, now: now.drivers };
      return {
        comparison,
        items: { month: before.name, days: comparison.days, before: earlier.items, now: now.items, drivers, averages: null },
        crowds: isHidden ? { before: earlier.crowds, now: now.crowds } : null,
      };
    }
    default:
      return comparison satisfies never;
  }
}

/** Numbers of the pieces, which are days counted from 0. */
function piecesOf({ first, last }: DaySpan): DaySpan {
  return { first: first - 1, last: last - 1 };
}

/**
 * Allocates the whole month, since pools are spread by the figures of the whole month, and sums it by day. A closed month is allocated with the
 * requests and the rules of its close; undefined where these requests are no longer known.
 */
async function itemsOfDays({ stores: { lake }, rules: { allocation }, money }: Comparing["ledger"], month: Month, manifests: readonly DayManifest[], asked: AskedPieces): Promise<PieceSums | undefined> {
  const close = await findClose(lake, month.name);
  if (close !== undefined) return await itemsAsClosed({ lake, pseudonymOf: allocation.pseudonymOf }, close, money.prices, manifests, asked);
  const dates = new Set(utcDates(month));
  const ofMonth = manifests.filter(({ date }) => dates.has(date));
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, ofMonth, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(ofMonth, "rollups") }, (own: DuckDBConnection) =>
      withAllocatedSpan(own, { files, span: month, settings: allocation, cuts: cutsOf(month) }, () => readPieces(own, asked)));
  });
}

async function itemsAsClosed(settled: Settled, close: CloseRecord, prices: PriceSources, manifests: readonly DayManifest[], asked: AskedPieces): Promise<PieceSums | undefined> {
  const month = boundMonth(close.month, close.timezone);
  const settings = await readClosedSettings(settled, close);
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(manifests, "rollups") }, async (own) => {
      const files = await fetchRollupsAsClosed(own, { lake: settled.lake, close, prices, manifests }, workspace);
      if (files === undefined) return undefined;
      return await withAllocatedSpan(own, { files, span: month, settings, cuts: cutsOf(month) }, async ({ cost }) =>
        formatDollars(cost) === close.allocations.cost_usd ? await readPieces(own, asked) : undefined);
    }));
}

interface ClosedInLake {
  lake: ObjectStore;
  close: CloseRecord;
  prices: PriceSources;
  manifests: readonly DayManifest[];
}

/** Undefined where they are no longer known. */
async function fetchRollupsAsClosed(duck: DuckDBConnection, { lake, close, prices, manifests }: ClosedInLake, workspace: string): Promise<string[] | undefined> {
  const same = findSameRollups(close, manifests);
  if (same !== undefined) return await fetchRollups(lake, same, workspace);
  const { had, lost } = parseClosedDays(listClosedDays(close, manifests));
  if (lost.length > 0) return undefined;
  const usage = await fetchClosedDays(await openClosedPlace(lake, close, prices), had, workspace);
  return await rollUpUsage(duck, usage, workspace);
}

function cutsOf(month: Month): Date[] {
  return daysOfMonth(month).map((day) => startOfDay(day, month.timezone));
}

interface PieceSums {
  items: TeamItem[];
  drivers: DriverSum[];
  /** Empty where people are named. */
  crowds: DriverCrowd[];
}

interface AskedPieces {
  pieces: DaySpan;
  dimensions: readonly string[];
  isHidden: boolean;
}

async function readPieces(duck: DuckDBConnection, { pieces, dimensions, isHidden }: AskedPieces): Promise<PieceSums> {
  const { first, last } = pieces;
  const from = `FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id) WHERE piece BETWEEN ${String(first)} AND ${String(last)}`;
  const owed = `SELECT team, caller, provider, model, billing, map_from_entries(dimensions) AS dimensions, cost AS owed ${from} AND NOT ${IS_LIST_VALUE}`;
  const used = `SELECT ${USED_COLUMNS}, map_from_entries(dimensions) AS dimensions, cost AS amount ${from}`;
  return { items: await readAllocatedItems(duck, pieces), drivers: await sumDrivers(duck, owed, dimensions), crowds: isHidden ? await readDriverCrowds(duck, used, dimensions) : [] };
}

const USED_COLUMNS = "team, cost_center, caller, caller_type, provider, model, billing, method, requests";

/** SQL of all rows in a local `allocations` file. */
function usedOf(file: string): string {
  return `SELECT ${USED_COLUMNS}, dimensions, ${COST_NANODOLLARS} AS amount FROM ${readParquet(file)}`;
}

/** SQL of the rows that are owed in a local `allocations` file. */
function owedOf(file: string): string {
  return `SELECT team, caller, provider, model, billing, dimensions, ${COST_NANODOLLARS} AS owed FROM ${readParquet(file)} WHERE NOT ${IS_LIST_VALUE}`;
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

import { join } from "node:path";
import { DAY_MS } from "../../ledger/durations.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { overBuiltDays } from "../../lake/days/over-built-days.ts";
import { originOfArchived } from "./archived-time.ts";
import { callerOf, type RecordSelection } from "./record-selection.ts";

/** An archived export that may contain records of a selection. */
export interface ExportToOpen {
  instance: string;
  /** Key in the archive. */
  key: string;
  /** When the export was made: the upper bound for its records' times. */
  time: Date;
}

/**
 * The exports that the usage tables name for the selection, in order of gateway and time, with all exports of the same name.
 * If several exports contain a record, the tables name the one in which it is counted.
 */
export async function findExports(lake: ObjectStore, selection: RecordSelection): Promise<ExportToOpen[]> {
  const state = await loadLedgerState(lake);
  const days = [...state.days.values()].filter((day) => mayHold(day, selection));
  const named = await overBuiltDays(lake, days, async (now) => await namesIn(lake, now.filter((day) => mayHold(day, selection)), selection));
  const exports = [...state.exports.values()].filter(({ instance, name }) => named.has(idOf(instance, name)));
  return exports.map(({ instance, archive, time }) => ({ instance, key: archive, time: new Date(time) })).sort(byTime);
}

/** The callers whom the usage tables name in the selection's gateway and time. */
export async function findCallers(lake: ObjectStore, { instance, from, to }: RecordSelection): Promise<Set<string>> {
  const span = { instance, from, to };
  const { days } = await loadLedgerState(lake);
  const callers = new Set<string>();
  await readColumn(lake, [...days.values()].filter((day) => mayHold(day, span)), "caller", span, (_, caller) => void callers.add(caller));
  return callers;
}

/**
 * Every export in the archive that may contain records of the time range, without the lake: a record is at most a day newer than
 * its export, and late records may be in any later export.
 */
export async function scanExports(archive: ObjectStore, { instance: wanted, from }: RecordSelection): Promise<ExportToOpen[]> {
  const found: ExportToOpen[] = [];
  for await (const entry of archive.list(wanted === undefined ? "archive/" : `archive/${wanted}/`)) {
    const origin = originOfArchived(entry);
    if (origin === undefined) continue;
    const { instance, made: time } = origin;
    if (from === undefined || time.getTime() >= from.getTime() - DAY_MS) found.push({ instance, key: entry.key, time });
  }
  return found.sort(byTime);
}

function mayHold({ date, instance }: DayManifest, selection: RecordSelection): boolean {
  const start = Date.parse(date);
  if (selection.instance !== undefined && selection.instance !== instance) return false;
  if (selection.from !== undefined && start + DAY_MS <= selection.from.getTime()) return false;
  return selection.to === undefined || start < selection.to.getTime();
}

async function namesIn(lake: ObjectStore, days: readonly DayManifest[], selection: RecordSelection): Promise<Set<string>> {
  const named = new Set<string>();
  await readColumn(lake, days, "export", selection, ({ instance }, name) => void named.add(idOf(instance, name)));
  return named;
}

/** Reads the distinct texts of a column of the usage tables, in the selection's rows. */
async function readColumn(lake: ObjectStore, days: readonly DayManifest[], column: "export" | "caller", selection: RecordSelection, found: (day: DayManifest, text: string) => void): Promise<void> {
  const condition = conditionOf(selection);
  if (days.length === 0) return;
  await withWorkspace(async (workspace) =>
    await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      for (const day of days) {
        const file = join(workspace, "usage.parquet");
        await downloadWritten(lake, day.usage, file);
        const reader = await duck.runAndReadAll(`SELECT DISTINCT ${column} FROM ${readParquet(file)} WHERE ${condition}`);
        for (const [text] of reader.getRows()) if (typeof text === "string") found(day, text);
      }
    }),
  );
}

function conditionOf(selection: RecordSelection): string {
  const { session, capture, from, to } = selection;
  const caller = callerOf(selection);
  const equal = Object.entries({ caller, session_id: session, capture_id: capture }).flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${sqlText(value)}`]));
  const since = from === undefined ? [] : [`ts >= TIMESTAMP '${timestamp(from)}'`];
  const before = to === undefined ? [] : [`ts < TIMESTAMP '${timestamp(to)}'`];
  return ["true", ...equal, ...since, ...before].join(" AND ");
}

/** A DuckDB timestamp without time zone: the tables are in UTC. */
function timestamp(time: Date): string {
  return time.toISOString().slice(0, -1).replace("T", " ");
}

function idOf(instance: string, name: string): string {
  return JSON.stringify([instance, name]);
}

function byTime(a: ExportToOpen, b: ExportToOpen): number {
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  if (a.time.getTime() !== b.time.getTime()) return a.time.getTime() - b.time.getTime();
  return a.key < b.key ? -1 : 1;
}

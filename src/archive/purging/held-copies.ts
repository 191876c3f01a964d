import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Hold } from "../retention/hold.ts";
import { coversWholeGateway, mayCoverUnread } from "../retention/selection-covers.ts";
import { addDays } from "../../ledger/days.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { landedRows } from "../../lake/landing/landed-rows.ts";
import type { KnownExport, LedgerState } from "../../lake/ledger-state.ts";
import { type Day, listDays } from "../../lake/days/stale.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { subdirectory, withWorkspace } from "../../storage/workspace.ts";
import { isLandingReadable } from "../../ingest/ingest-settings.ts";

type Selection = Hold["selection"];

/** Keys of the copies that contain records on hold, by the hold's id. */
export type HeldCopies = Map<string, Set<string>>;

/**
 * Finds the copies that holds cover, from the tables derived from them: a day's usage shows whether its exports need to be searched.
 * An export with quarantined or unreadable records is held if the hold may cover them.
 */
export async function findHeldCopies(lake: ObjectStore, state: LedgerState, holds: readonly Hold[]): Promise<HeldCopies> {
  const held: HeldCopies = new Map(holds.map(({ id }) => [id, new Set<string>()]));
  for (const { id, selection } of holds) {
    for (const one of state.exports.values()) if (one.copy !== "purged" && isHeldUnread(selection, one)) held.get(id)?.add(one.archive);
  }
  const asked = holds.filter(({ selection }) => !coversWholeGateway(selection));
  if (asked.length === 0) return held;
  await withWorkspace(async (workspace) => {
    await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      for (const day of listDays(state)) {
        const ofDay = asked.filter(({ selection }) => isAboutDay(selection, day));
        if (ofDay.length > 0) await findHeldOnDay({ lake, duck, directory: await subdirectory(workspace), held }, day, ofDay);
      }
    });
  });
  return held;
}

function isHeldUnread(selection: Selection, { instance, time, records, damaged }: KnownExport): boolean {
  if (coversWholeGateway(selection)) return selection.instance === null || selection.instance === instance;
  return (records.quarantined > 0 || damaged) && mayCoverUnread(selection, { instance, made: new Date(time) });
}

/** Whether a selection may cover records of a day. */
export function isAboutDay({ instance, from, to }: Selection, day: Pick<Day, "date" | "instance">): boolean {
  if (instance !== null && instance !== day.instance) return false;
  const [first, after] = [Date.parse(day.date), Date.parse(addDays(day.date, 1))];
  return (from === null || Date.parse(from) < after) && (to === null || Date.parse(to) > first);
}

interface DaySearch {
  lake: ObjectStore;
  duck: DuckDBConnection;
  directory: string;
  held: HeldCopies;
}

async function findHeldOnDay({ lake, duck, directory, held }: DaySearch, { inputs, built }: Day, holds: readonly Hold[]): Promise<void> {
  const isBuilt = built !== undefined && landedAs(built.inputs) === landedAs(inputs);
  let matched = holds;
  if (isBuilt) {
    const usage = join(directory, "usage.parquet");
    await downloadWritten(lake, built.usage, usage);
    const matches = await Promise.all(holds.map(async (hold) => await hasRows(duck, readParquet(usage), hold)));
    matched = holds.filter((_, index) => matches[index]);
  }
  if (matched.length === 0) return;
  for (const { export: { archive, copy, settings }, landing } of inputs) {
    if (copy === "purged") continue;
    const file = join(directory, "landing.parquet");
    const isReadable = isLandingReadable(settings);
    if (isReadable) await downloadWritten(lake, landing, file);
    // Rows landed by a different version cannot be searched: holding too much is safer than too little.
    for (const hold of matched) if (!isReadable || (await hasRows(duck, landedRows([file]), hold))) held.get(hold.id)?.add(archive);
  }
}

async function hasRows(duck: DuckDBConnection, rows: string, hold: Pick<Hold, "selection" | "pseudonym">): Promise<boolean> {
  const result = await duck.runAndReadAll(`SELECT 1 FROM ${rows} WHERE ${whereHeld(hold)} LIMIT 1`);
  return result.getRows().length > 0;
}

/** SQL that is true for rows of `usage` or of landing files that a hold covers, whatever their gateway. */
export function whereHeld({ selection: { caller, session, from, to }, pseudonym }: Pick<Hold, "selection" | "pseudonym">): string {
  const conditions = [
    ...(caller === null ? [] : [`caller IN (${[caller, pseudonym ?? []].flat().map(sqlText).join(", ")})`]),
    ...(session === null ? [] : [`session_id = ${sqlText(session)}`]),
    ...(from === null ? [] : [`epoch_us(ts) >= ${String(Date.parse(from) * 1000)}`]),
    ...(to === null ? [] : [`epoch_us(ts) < ${String(Date.parse(to) * 1000)}`]),
  ];
  return ["TRUE", ...conditions].join(" AND ");
}

function landedAs(inputs: Day["inputs"]): string {
  return JSON.stringify(inputs.map(({ landing: { key, sha256 } }) => [key, sha256]));
}

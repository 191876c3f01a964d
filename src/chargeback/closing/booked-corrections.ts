import { join } from "node:path";
import type { Correction } from "../corrections/correction.ts";
import { readCorrections } from "../corrections/read-corrections.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { CORRECTION_MANIFESTS } from "../../lake/layout.ts";
import { listEtags } from "../../lake/ledger-state.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import { closedFile, downloadClosed, FROZEN_CORRECTIONS } from "../../lake/records/closed-files.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { findCorrections } from "../correct-months.ts";
import { knownStates } from "./known-states.ts";

/** Reads the corrections that are booked in a month, in order of corrected month, cause and row. */
export async function readBooked(lake: ObjectStore, month: string): Promise<Correction[]> {
  const table = (await findCorrections(lake, month))?.table ?? null;
  if (table === null) return [];
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "corrections.parquet");
    await downloadWritten(lake, table, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => readCorrections(duck, file));
  });
}

/** The corrections that one month books for a closed month. */
export interface Booking {
  month: string;
  /** The close of the booking month; undefined while that month is open and its corrections may change. */
  close: CloseRecord | undefined;
  /** Ordered by cause and row. */
  corrections: Correction[];
}

/** The corrections of a closed month, ordered by the month that books them. @param closes ordered by month */
export async function listBookings(lake: ObjectStore, closes: readonly CloseRecord[], month: string): Promise<Booking[]> {
  const settled = knownStates(closes).get(month)?.booked ?? [];
  const frozen = settled.map(async (close) => ({ month: close.month, close, corrections: await readFrozen(lake, close) }));
  const open = (await openBookings(lake, closes)).map(async (booking) => ({ month: booking, close: undefined, corrections: await readBooked(lake, booking) }));
  const bookings = await Promise.all([...frozen, ...open]);
  return bookings.map((booking) => ({ ...booking, corrections: booking.corrections.filter(({ corrects }) => corrects === month) })).filter(({ corrections }) => corrections.length > 0);
}

/** Open months that book corrections, in order. */
export async function openBookings(lake: ObjectStore, closes: readonly CloseRecord[]): Promise<string[]> {
  const months = [...(await listEtags(lake, CORRECTION_MANIFESTS)).keys()].map((key) => key.slice(CORRECTION_MANIFESTS.length, -".json".length));
  return months.filter((month) => !closes.some((close) => close.month === month)).sort();
}

async function readFrozen(lake: ObjectStore, close: CloseRecord): Promise<Correction[]> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "frozen.parquet");
    await downloadClosed(lake, closedFile(lake, close, FROZEN_CORRECTIONS), file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => readCorrections(duck, file));
  });
}

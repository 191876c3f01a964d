import type { DuckDBConnection } from "@duckdb/node-api";
import { type ClosedDay, type ClosedPlace, fetchClosedDays, findSameRollups, listClosedDays, openClosedPlace, parseClosedDays, rollUpUsage } from "../../chargeback/closing/closed-days.ts";
import { readClosedSettings } from "../../chargeback/closing/known-states.ts";
import { findCorrections } from "../../chargeback/correct-months.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { fetchUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { layout } from "../../lake/layout.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import { closedFile, downloadClosed, FROZEN_ALLOCATIONS } from "../../lake/records/closed-files.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { boundMonth, type Month, utcDates } from "../../ledger/months.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { Ledger } from "../../open/ledger.ts";
import { allocateMonth } from "../allocate-months.ts";
import type { AllocationSettings } from "../settings/settings.ts";

/** A month and everything that its figures were made from. */
export interface MonthSources {
  month: Month;
  close: CloseRecord | null;
  allocation: AllocationSettings;
  /** The number of days, the digest of the settings, and the key of the table. */
  madeFrom: { days: number; settings: string; allocations: string };
  fetchTable: (to: string) => Promise<void>;
  fetchRecords: (duck: DuckDBConnection, workspace: string) => Promise<FetchedRecords>;
}

/** Local `usage` files and their rollups. */
type FetchedRecords = { usage: string[]; rollups: string[]; rebuiltDays: number } | { why: string };

/** An open month as it is now. Brings its allocations up to date. */
export async function openMonthNow(ledger: Ledger, name: string, days: readonly DayManifest[]): Promise<MonthSources> {
  const { stores: { lake }, rules: { allocation } } = ledger;
  const month = boundMonth(name, allocation.timezone);
  const manifest = await allocateMonth(ledger, month, days).catch(async (error: unknown) => {
    if (error instanceof LedgerError && error.code === "month_empty" && (await findCorrections(lake, name)) !== undefined) throw correctionsAlone(month, error);
    throw error;
  });
  const dates = new Set(utcDates(month));
  const ofMonth = days.filter(({ date }) => dates.has(date));
  return {
    month,
    close: null,
    allocation,
    madeFrom: { days: manifest.inputs.length, settings: manifest.settings, allocations: manifest.allocations.key },
    fetchTable: async (to) => await downloadWritten(lake, manifest.allocations, to),
    fetchRecords: async (_duck, workspace) => ({
      usage: (await fetchUsage(lake, ofMonth, workspace)).map(({ file }) => file),
      rollups: await fetchRollups(lake, ofMonth, workspace),
      rebuiltDays: 0,
    }),
  };
}

/** A closed month as it was closed. @param days the days as they are now, for closes that kept no records */
export async function openMonthClosed({ stores: { lake }, rules: { allocation: { pseudonymOf } }, money }: Ledger, close: CloseRecord, days: readonly DayManifest[]): Promise<MonthSources> {
  const place = await openClosedPlace(lake, close, money.prices);
  return {
    month: boundMonth(close.month, close.timezone),
    close,
    allocation: await readClosedSettings({ lake, pseudonymOf }, close),
    madeFrom: { days: close.inputs.length, settings: close.settings, allocations: layout.closedFile(close.month, close.id, FROZEN_ALLOCATIONS) },
    fetchTable: async (to) => await downloadClosed(lake, closedFile(lake, close, FROZEN_ALLOCATIONS), to),
    fetchRecords: async (duck, workspace) => await fetchClosedRecords(duck, place, { days: listClosedDays(close, days), same: findSameRollups(close, days) }, workspace),
  };
}

async function fetchClosedRecords(duck: DuckDBConnection, place: ClosedPlace, { days, same }: { days: readonly ClosedDay[]; same: DayManifest[] | undefined }, workspace: string): Promise<FetchedRecords> {
  const { had, lost } = parseClosedDays(days);
  if (lost.length > 0) {
    const named = listSome(lost.map(({ date, instance }) => `${date} of ${instance}`), 3);
    return { why: `the close kept no records, and some of its exports no longer exist: ${named}` };
  }
  const usage = await fetchClosedDays(place, had, workspace);
  return { usage, rollups: same === undefined ? await rollUpUsage(duck, usage, workspace) : await fetchRollups(place.lake, same, workspace), rebuiltDays: had.filter(({ from }) => from === "rebuilt").length };
}

function correctionsAlone({ name }: Month, cause: LedgerError): LedgerError {
  return new LedgerError("month_empty", `there is no usage in ${name}, only corrections of closed months`, {
    remedy: `aperture-ledger chargeback --month ${name} has them with their reasons, aperture-ledger chargeback diff explains a closed month`,
    cause,
  });
}

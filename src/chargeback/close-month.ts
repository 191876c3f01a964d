import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { allocateMonth, allocateMonths } from "../allocation/allocate-months.ts";
import { freezeSettings } from "../allocation/settings/frozen-settings.ts";
import { isReplaced } from "../lake/days/over-built-days.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { jsonBytes } from "../lake/json-object.ts";
import type { WrittenObject } from "../lake/landing/export-manifest.ts";
import { layout } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { AllocationManifest } from "../lake/months/allocation-manifest.ts";
import { describeInputs, type MonthInput } from "../lake/months/month-inputs.ts";
import { loadAllocationState } from "../lake/months/month-state.ts";
import { type CloseRecord, loadCloses, readCloseOf } from "../lake/records/close-record.ts";
import { copyIntoClose, createClosed, FROZEN_ALLOCATIONS, FROZEN_CORRECTIONS, FROZEN_COUNTS, FROZEN_PRICES, FROZEN_PRIVACY, FROZEN_SETTINGS } from "../lake/records/closed-files.ts";
import { LedgerError } from "../ledger/errors.ts";
import { boundMonth, type Month, utcDates } from "../ledger/months.ts";
import { ascending } from "../ledger/orders.ts";
import { freezePrices } from "../prices/list/price-changes.ts";
import { freezeCounts } from "../prices/list/provider-counts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { type Closing, prepareClose, type PreparedClose, type ReportedMonth } from "./closing/prepare-close.ts";
import { correctMonths, findCorrections } from "./correct-months.ts";
import { writeFocus } from "./export-focus.ts";
import { FOCUS_FILES, FOCUS_FORMATS } from "./focus/focus-settings.ts";
import { requirePrivacy } from "./hiding/privacy.ts";
import { privacyToJson } from "./sections/privacy.ts";
import { makeReport, type Reporting } from "./make-report.ts";
import { renderFigures, REPORT_FILES } from "./report/render-report.ts";
import type { ChargebackReport } from "./report/report.ts";
import { type MonthTables, withMonthTables } from "./gathering/month-tables.ts";
import { findUnbuilt } from "./gathering/read-quality.ts";
import type { UnbuiltDay } from "./sections/quality/data-quality.ts";

/** Concurrent files: every team has its own. */
const WRITES_AT_ONCE = 16;

/** Each copy takes disk space while it is made. */
const COPIES_AT_ONCE = 4;

export interface ClosedMonth {
  record: CloseRecord;
  /** False where the month was closed already. */
  isNew: boolean;
}

/**
 * Closes a month: its allocations and corrections are brought up to date, it is reported, and everything it was made from is frozen.
 * Throws `close_refused` for a month that is not over, has days that are not built, or follows a month that is still open.
 */
export async function closeMonth(ledger: Reporting, name: string, closing: Closing): Promise<ClosedMonth> {
  const month = boundMonth(name, ledger.rules.allocation.timezone);
  const closes = await loadCloses(ledger.stores.lake);
  const before = closes.find((close) => close.month === name);
  if (before !== undefined) return { record: before, isNew: false };
  requirePrivacy(ledger.rules.report.privacy);
  if (closing.now < month.to) throw refused(month, `it ends at ${month.to.toISOString()}`, "close it after that");
  const prepared = await prepareClose(await reportForClose(ledger, month, closes), closing);
  const closed = await publishClose(ledger.stores.lake, prepared).catch((error: unknown) => {
    throw isReplaced(error) ? changed(month, error) : error;
  });
  if (closed.isNew) ledger.telling.log.info({ month: name, id: closed.record.id, by: closing.by, totals: { owed_usd: closed.record.totals.owed_usd } }, "month closed");
  return closed;
}

/** Brings a month up to date and reports it, with everything a close freezes. Writes allocations and corrections, and nothing of the close. */
export async function reportForClose(ledger: Reporting, month: Month, closes: readonly CloseRecord[]): Promise<ReportedMonth> {
  try {
    await bringUpToDate(ledger, month);
    return await readReported(ledger, month, closes);
  } catch (error) {
    if (isReplaced(error)) throw changed(month, error);
    throw error;
  }
}

/**
 * Writes a prepared close, create-only: first the files, then the record, which closes the month. It may be interrupted anywhere and
 * repeated. Of two at once, one closes the month.
 */
export async function publishClose(lake: ObjectStore, { files, copies, record }: PreparedClose): Promise<ClosedMonth> {
  await pMap(files, ({ key, bytes }) => createClosed(lake, key, bytes), { concurrency: WRITES_AT_ONCE });
  await pMap(copies, ({ from, ...copy }) => copyIntoClose(lake, from, copy), { concurrency: COPIES_AT_ONCE });
  if ((await lake.create(layout.close(record.month), jsonBytes(record))) !== undefined) return { record, isNew: true };
  return { record: await readCloseOf(lake, record.month), isNew: false };
}

async function bringUpToDate(ledger: Reporting, month: Month): Promise<void> {
  const state = await loadLedgerState(ledger.stores.lake);
  refuseUnbuilt(month, findUnbuilt(state, month, ledger.money.pricingOf));
  const days = [...state.days.values()];
  await allocateMonths(ledger, days);
  await refuseUnlessInOrder(ledger, month);
  await correctMonths(ledger, days);
}

async function readReported(ledger: Reporting, month: Month, closes: readonly CloseRecord[]): Promise<ReportedMonth> {
  const { stores: { lake } } = ledger;
  const corrections = await findCorrections(lake, month.name);
  const state = await loadLedgerState(lake);
  const allocations = await allocateMonth(ledger, month, [...state.days.values()], "allow");
  const { report, figureFiles } = await withMonthTables(ledger, month, [...state.days.values()], async (tables) => {
    const made = await makeReport(ledger, { month, state, table: allocations.allocations }, tables, "closed");
    return { report: made, figureFiles: await writeFigures(ledger, made, tables) };
  });
  refuseUnbuilt(month, report.quality.unbuiltDays);
  if (JSON.stringify(await findCorrections(lake, month.name)) !== JSON.stringify(corrections)) throw changed(month);
  const dates = new Set(utcDates(month));
  const inputs = describeInputs([...state.days.values()], dates);
  refuseMoved(month, allocations, inputs);
  const frozenFiles = new Map([[FROZEN_ALLOCATIONS, await fetchTable(lake, allocations.allocations)]]);
  if (corrections?.table) frozenFiles.set(FROZEN_CORRECTIONS, await fetchTable(lake, corrections.table));
  // In configured order: the order of patterns and of the policy's groups decides who pays.
  frozenFiles.set(FROZEN_SETTINGS, jsonBytes(freezeSettings(ledger.rules.allocation)));
  frozenFiles.set(FROZEN_PRICES, jsonBytes(freezePrices(ledger.money.prices.list)));
  frozenFiles.set(FROZEN_COUNTS, jsonBytes(freezeCounts(ledger.money.prices.counts ?? [])));
  if (report.hiding !== undefined) frozenFiles.set(FROZEN_PRIVACY, jsonBytes(privacyToJson(report)));
  const usage = [...state.days.values()].filter(({ date }) => dates.has(date)).map(({ date, instance, usage: table }) => ({ date, instance, table }));
  return { report, journal: ledger.rules.report.journal, allocations, inputs, corrections, closes, figureFiles, frozenFiles, usage: usage.sort(byDay) };
}

/** The files whose rows are rows of the ledger's tables, by name. */
async function writeFigures({ money: { prices }, rules: { report: { focus: settings }, allocation } }: Reporting, report: ChargebackReport, tables: MonthTables): Promise<Map<string, Uint8Array>> {
  const { csv, corrections } = renderFigures(report);
  const files = new Map<string, Uint8Array>([[REPORT_FILES.csv, Buffer.from(csv)], [REPORT_FILES.corrections, Buffer.from(corrections)]]);
  const { files: focus } = await writeFocus(tables, { prices, settings, allocation }, report);
  for (const format of FOCUS_FORMATS) {
    const file = focus[format];
    if (file !== undefined) files.set(FOCUS_FILES[format], await readFile(file));
  }
  return files;
}

async function fetchTable(lake: ObjectStore, table: WrittenObject): Promise<Uint8Array> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "table.parquet");
    await downloadWritten(lake, table, file);
    return await readFile(file);
  });
}

function byDay(a: { date: string; instance: string }, b: { date: string; instance: string }): number {
  return ascending(a.date, b.date) || ascending(a.instance, b.instance);
}

/** Corrections go into the month after the last closed one, so no month before that may be left open. */
async function refuseUnlessInOrder({ stores: { lake } }: Reporting, month: Month): Promise<void> {
  const { manifests, closed } = await loadAllocationState(lake);
  const earlier = [...manifests.values()].filter((one) => one.month < month.name && one.allocations.rows > 0 && !closed.has(one.month));
  const [first] = earlier.map((one) => one.month).sort();
  if (first !== undefined) throw refused(month, `${first} has usage and is open`, `close ${first} first: months are closed in order`);
}

/** The report and the record must be about the same days. */
function refuseMoved(month: Month, { inputs }: AllocationManifest, now: readonly MonthInput[]): void {
  const [allocated, recorded] = [inputs.map(({ sha256 }) => sha256), now.map(({ rollups }) => rollups)];
  if (JSON.stringify(allocated) !== JSON.stringify(recorded)) throw changed(month);
}

function refuseUnbuilt(month: Month, unbuiltDays: readonly UnbuiltDay[]): void {
  if (unbuiltDays.length === 0) return;
  const names = unbuiltDays.slice(0, 3).map(({ date, instance }) => `${date} of ${instance}`).join(", ");
  const more = unbuiltDays.length > 3 ? ", …" : "";
  throw refused(month, `${String(unbuiltDays.length)} days are not built: ${names}${more}`, "aperture-ledger run builds them");
}

function refused({ name, timezone }: Month, why: string, remedy: string): LedgerError {
  return new LedgerError("close_refused", `${name} (${timezone}) cannot be closed: ${why}`, { remedy });
}

function changed({ name }: Month, cause?: unknown): LedgerError {
  return new LedgerError("object_changed", `${name} changed while it was being closed`, {
    remedy: "a run may be at work: close it again after that, nothing is closed yet",
    retryable: true,
    cause,
  });
}

import { allocateMonths } from "../allocation/allocate-months.ts";
import { layout, TEAM_REPORTS } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { loadCorrections } from "../lake/months/correction-manifest.ts";
import { type CloseRecord, findClose, loadCloses } from "../lake/records/close-record.ts";
import { restoreReport } from "../lake/records/closed-files.ts";
import { boundMonth } from "../ledger/months.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { correctMonths } from "./correct-months.ts";
import { exportClosedDatasets, exportDatasets } from "./export-datasets.ts";
import { exportFocus, type FocusExport } from "./export-focus.ts";
import { knownTime } from "./gathering/known-time.ts";
import { withMonthTables } from "./gathering/month-tables.ts";
import { allocateForReport, makeReport, type Reporting } from "./make-report.ts";
import { requirePrivacy } from "./hiding/privacy.ts";
import { refreshTeamFiles } from "./gathering/team-chargebacks.ts";
import { type PublishedReport, publishReport } from "./gathering/publish-report.ts";

export interface ClosedReport {
  record: CloseRecord;
  /** Keys of the report's files in the lake. */
  files: string[];
  /** Keys of its teams' files. */
  teamFiles: string[];
  /** Keys of files that were lost or altered, and are restored. */
  written: string[];
  /** Corrections of the month that are booked in later months, in order of booking month. */
  corrected: { booking: string; owed_usd: string; rows: number }[];
}

/** The FOCUS export, with the keys of the additional data sets. */
export type WholeFocus = FocusExport & { datasets: string[] };

export interface OpenReport<Focus = WholeFocus> {
  open: PublishedReport;
  /** Null where it was not asked for. */
  focus: Focus;
}

export type MonthReport<Focus> = { closed: ClosedReport } | OpenReport<Focus>;

/**
 * The report of a month: an open month is reported now, with the corrections booked in it; a closed one as it was closed. Without FOCUS, the FOCUS
 * files of the month stay as they are.
 */
export async function reportMonth(ledger: Reporting, month: string): Promise<MonthReport<WholeFocus>>;
export async function reportMonth(ledger: Reporting, month: string, asked: "with FOCUS" | "without FOCUS"): Promise<MonthReport<WholeFocus | null>>;
export async function reportMonth(ledger: Reporting, month: string, asked = "with FOCUS"): Promise<MonthReport<WholeFocus | null>> {
  const { stores: { lake }, rules: { allocation, report: { focus: focusSettings, privacy, everyTeam } } } = ledger;
  const record = await findClose(lake, month);
  if (record !== undefined) return { closed: await serveWithDatasets(ledger, record) };
  requirePrivacy(privacy);
  await bringCorrections(ledger);
  const allocated = await allocateForReport(ledger, boundMonth(month, allocation.timezone));
  return await withMonthTables(ledger, allocated.month, [...allocated.state.days.values()], async (tables) => {
    const report = await makeReport(ledger, allocated, tables);
    const open = await publishReport(lake, report);
    if (report.hiding !== undefined || everyTeam) await refreshTeamFiles(lake, report, everyTeam === true ? "of every team" : "that are there");
    if (asked === "without FOCUS") return { open, focus: null };
    const focus = await exportFocus(ledger, tables, report);
    return { open, focus: { ...focus, datasets: await exportDatasets(lake, { month: allocated.month, changed: knownTime(allocated.state, allocated.month.timezone).to, isHidden: report.hiding !== undefined }, focusSettings) } };
  });
}

/** Returns the files of a closed month like `serveClosed`, and brings its additional data sets up to date. */
export async function serveWithDatasets({ stores: { lake }, rules: { report: { focus } } }: Pick<Reporting, "stores" | "rules">, record: CloseRecord): Promise<ClosedReport> {
  const served = await serveClosed(lake, record);
  return { ...served, files: [...served.files, ...(await exportClosedDatasets(lake, record, focus))] };
}

/** Returns the files of a closed month and restores files that differ from those of the close. Computes nothing. */
export async function serveClosed(lake: ObjectStore, record: CloseRecord): Promise<ClosedReport> {
  const written = await restoreReport(lake, record);
  const names = record.files.filter(({ report }) => report).map(({ name }) => name);
  const { files = [], teamFiles = [] } = Object.groupBy(names, (name) => (name.startsWith(TEAM_REPORTS) ? "teamFiles" : "files"));
  const keyOf = (name: string): string => layout.report(record.month, name);
  return { record, files: files.map(keyOf), teamFiles: teamFiles.map(keyOf), written, corrected: await listCorrected(lake, record.month) };
}

async function listCorrected(lake: ObjectStore, month: string): Promise<ClosedReport["corrected"]> {
  const manifests = await loadCorrections(lake);
  return manifests.flatMap(({ month: booking, corrected }) => corrected.filter((one) => one.month === month && one.rows > 0).map(({ owed_usd, rows }) => ({ booking, owed_usd, rows })));
}

/** Brings corrections up to date. All months are allocated first, because the booking month depends on which months have usage. */
export async function bringCorrections(ledger: Reporting): Promise<void> {
  const { stores: { lake } } = ledger;
  if ((await loadCloses(lake)).length === 0) return;
  const days = [...(await loadLedgerState(lake)).days.values()];
  await allocateMonths(ledger, days);
  await correctMonths(ledger, days);
}


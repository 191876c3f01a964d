import { join } from "node:path";
import { readFile } from "node:fs/promises";
import pMap from "p-map";
import { describeSettings } from "../allocation/shares/allocate-span.ts";
import { freezeSettings } from "../allocation/settings/frozen-settings.ts";
import type { UnbuiltDay } from "./report/data-quality.ts";
import { boundMonth, type Month, utcDates } from "../ledger/months.ts";
import { REPORT_FILES } from "./report/render-report.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { AllocationManifest } from "../lake/months/allocation-manifest.ts";
import { type CloseRecord, idOfClose, loadCloses, readCloseOf, vouchFor } from "../lake/records/close-record.ts";
import { createClosed, FROZEN_ALLOCATIONS, FROZEN_CORRECTIONS, FROZEN_COUNTS, FROZEN_PRICES, FROZEN_SETTINGS, sha256Of } from "../lake/records/closed-files.ts";
import type { CorrectionManifest } from "../lake/months/correction-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import type { WrittenObject } from "../lake/landing/export-manifest.ts";
import { jsonBytes } from "../lake/json-object.ts";
import { layout } from "../lake/layout.ts";
import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { describeInputs, type MonthInput } from "../lake/months/month-inputs.ts";
import { loadAllocationState } from "../lake/months/month-state.ts";
import { freezePrices } from "../prices/list/price-changes.ts";
import { freezeCounts } from "../prices/list/provider-counts.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { type AllocateMonth, allocateMonth, allocateMonths } from "../allocation/allocate-months.ts";
import { correctMonths, findCorrections } from "./correct-months.ts";
import { describeAttention, describeTotals } from "./closing/describe-close.ts";
import { FOCUS_FILES, writeFocus } from "./export-focus.ts";
import { findUnbuilt, type MonthlyChargeback, monthlyChargeback } from "./make-report.ts";
import { isReplaced } from "../lake/days/over-built-days.ts";
import { chargebackOptions, type Reporting } from "./report-month.ts";
import { renderAllTeams } from "./reporting/team-chargebacks.ts";

/** Every team has files of its own. */
const WRITES_AT_ONCE = 16;

export interface ClosedMonth {
  record: CloseRecord;
  /** False where the month was closed already. */
  isNew: boolean;
}

export interface Closing {
  /** Who closes it. */
  by: string;
  now: Date;
}

/**
 * Closes a month: report files, allocations, corrections and settings go create-only into a folder of their own, then the close
 * record, which is what closes it. A close that broke off is repeated to the same bytes; of two at once one wins.
 * Throws `close_refused` for a month that is not over, has days that are not built, or comes after one that is still open.
 */
export async function closeMonth(ledger: Reporting, name: string, closing: Closing): Promise<ClosedMonth> {
  try {
    return await freezeMonth(ledger, name, closing);
  } catch (error) {
    if (isReplaced(error)) throw changed(boundMonth(name, ledger.allocation.timezone), error);
    throw error;
  }
}

async function freezeMonth(ledger: Reporting, name: string, { by, now }: Closing): Promise<ClosedMonth> {
  const { lake, allocation, log } = ledger;
  const month = boundMonth(name, allocation.timezone);
  const closes = await loadCloses(lake);
  const before = closes.find((close) => close.month === name);
  if (before !== undefined) return { record: before, isNew: false };
  if (now < month.to) throw refused(month, `it ends at ${month.to.toISOString()}`, "close it after that");
  const ledgerState = await loadLedgerState(lake);
  refuseUnbuilt(month, findUnbuilt(ledgerState, month, ledger.pricingOf));
  const days = [...ledgerState.days.values()];
  await allocateMonths(ledger, days);
  await refuseUnlessInOrder(ledger, month);
  await correctMonths(ledger, days);

  const corrections = await findCorrections(lake, name);
  const { charged, manifest, state } = await chargeNow(ledger, month);
  refuseUnbuilt(month, charged.report.quality.unbuiltDays);
  if (JSON.stringify(await findCorrections(lake, name)) !== JSON.stringify(corrections)) throw changed(month);
  const settings = describeSettings(allocation, month);
  const files = new Map<string, Uint8Array>(Object.entries(charged.contents).map(([format, bytes]) => [fileOf(format), bytes]));
  for (const [file, bytes] of await makeFocus(ledger, charged, state)) files.set(file, bytes);
  for (const [file, bytes] of await renderAllTeams(charged.report)) files.set(file, bytes);
  const reports = new Set(files.keys());
  files.set(FROZEN_ALLOCATIONS, await fetchTable(ledger, manifest.allocations));
  if (corrections?.table) files.set(FROZEN_CORRECTIONS, await fetchTable(ledger, corrections.table));
  // As they are written: the order of patterns and of the policy's groups decides who pays.
  files.set(FROZEN_SETTINGS, jsonBytes(freezeSettings(allocation)));
  files.set(FROZEN_PRICES, jsonBytes(freezePrices(ledger.prices.list)));
  files.set(FROZEN_COUNTS, jsonBytes(freezeCounts(ledger.prices.counts ?? [])));

  const inputs = describeInputs([...state.days.values()], new Set(utcDates(month)));
  const made = {
    format: 1 as const,
    month: name,
    timezone: month.timezone,
    inputs,
    settings,
    allocations: { rows: manifest.allocations.rows, ...manifest.totals },
    totals: describeTotals(charged.report),
    attention: describeAttention(charged.report),
    corrections: describeCorrections(corrections),
    closed_before: vouchFor(closes),
  };
  const described = [...files].map(([file, bytes]) => ({ name: file, size: bytes.byteLength, sha256: sha256Of(bytes), report: reports.has(file) }));
  const id = idOfClose({ ...made, files: described });
  const record: CloseRecord = {
    ...made,
    id,
    closed_at: now.toISOString(),
    closed_by: by,
    files: described.map((file) => ({ ...file, key: layout.closedFile(name, id, file.name) })),
  };
  refuseMoved(month, manifest, inputs);
  await pMap(files, ([file, bytes]) => createClosed(lake, layout.closedFile(name, id, file), bytes), { concurrency: WRITES_AT_ONCE });
  if ((await lake.create(layout.close(name), jsonBytes(record))) === undefined) {
    return { record: await readCloseOf(lake, name), isNew: false };
  }
  log.info({ month: name, id, by, totals: { owed_usd: record.totals.owed_usd } }, "month closed");
  return { record, isNew: true };
}

interface Charged {
  charged: MonthlyChargeback;
  /** What the report's figures come from. */
  manifest: AllocationManifest;
  state: LedgerState;
}

async function chargeNow(ledger: Reporting, month: Month): Promise<Charged> {
  let from: Omit<Charged, "charged"> | undefined;
  const allocate: AllocateMonth = async (of, state) => {
    const manifest = await allocateMonth(ledger, of, [...state.days.values()], "allow");
    if (of.name === month.name) from = { manifest, state };
    return manifest.allocations;
  };
  const charged = await monthlyChargeback(ledger.lake, month.name, month.timezone, chargebackOptions(ledger, allocate));
  if (from === undefined) throw changed(month);
  return { charged, ...from };
}

async function makeFocus(ledger: Reporting, { report: { month, corrections } }: MonthlyChargeback, { days }: LedgerState): Promise<[string, Uint8Array][]> {
  return await withWorkspace(async (workspace) => {
    const { files } = await writeFocus(ledger, month, [...days.values()], corrections, workspace);
    return [
      [FOCUS_FILES.csv, await readFile(files.csv)],
      [FOCUS_FILES.parquet, await readFile(files.parquet)],
    ];
  });
}

async function fetchTable({ lake }: Reporting, table: WrittenObject): Promise<Uint8Array> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "table.parquet");
    await downloadWritten(lake, table, file);
    return await readFile(file);
  });
}

/** Corrections go into the month after the last that is closed, so none before it may be left open. */
async function refuseUnlessInOrder({ lake }: Reporting, month: Month): Promise<void> {
  const { manifests, closed } = await loadAllocationState(lake);
  const earlier = [...manifests.values()].filter((one) => one.month < month.name && one.allocations.rows > 0 && !closed.has(one.month));
  const [first] = earlier.map((one) => one.month).sort();
  if (first !== undefined) throw refused(month, `${first} has usage and is open`, `close ${first} first: months are closed in order`);
}

/** The report and the record have to tell of the same days. */
function refuseMoved(month: Month, { inputs }: AllocationManifest, now: readonly MonthInput[]): void {
  const [allocated, recorded] = [inputs.map(({ sha256 }) => sha256), now.map(({ rollups }) => rollups)];
  if (JSON.stringify(allocated) !== JSON.stringify(recorded)) throw changed(month);
}

function fileOf(format: string): string {
  return new Map<string, string>(Object.entries(REPORT_FILES)).get(format) ?? format;
}

function describeCorrections(manifest: CorrectionManifest | undefined): CloseRecord["corrections"] {
  return manifest === undefined ? null : { corrected: manifest.corrected };
}

function refused({ name, timezone }: Month, why: string, remedy: string): LedgerError {
  return new LedgerError("close_refused", `${name} (${timezone}) cannot be closed: ${why}`, { remedy });
}

function refuseUnbuilt(month: Month, unbuiltDays: readonly UnbuiltDay[]): void {
  if (unbuiltDays.length === 0) return;
  const names = unbuiltDays.slice(0, 3).map(({ date, instance }) => `${date} of ${instance}`).join(", ");
  const more = unbuiltDays.length > 3 ? ", …" : "";
  throw refused(month, `${String(unbuiltDays.length)} days are not built: ${names}${more}`, "aperture-ledger run builds them");
}

function changed({ name }: Month, cause?: unknown): LedgerError {
  return new LedgerError("object_changed", `${name} changed while it was being closed`, {
    remedy: "a run may be at work: close it again after that, nothing is closed yet",
    retryable: true,
    cause,
  });
}

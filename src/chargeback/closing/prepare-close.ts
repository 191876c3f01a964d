import type { WrittenObject } from "../../lake/landing/export-manifest.ts";
import { layout } from "../../lake/layout.ts";
import type { AllocationManifest } from "../../lake/months/allocation-manifest.ts";
import type { CorrectionManifest } from "../../lake/months/correction-manifest.ts";
import type { MonthInput } from "../../lake/months/month-inputs.ts";
import { type ChainHead, type CloseRecord, idOfClose, nameStatement, sealClose, vouchFor } from "../../lake/records/close-record.ts";
import { frozenUsage, sha256Of } from "../../lake/records/closed-files.ts";
import { rateToJson } from "../../ledger/exchange-rate.ts";
import { formatDollars } from "../../ledger/money.ts";
import { renderAllTeams } from "../gathering/team-chargebacks.ts";
import { type AllocatedFigures, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import { renderJson } from "../report/render-json.ts";
import { renderStatements, REPORT_FILES } from "../report/render-report.ts";
import type { CloseStatement } from "../report/report-status.ts";
import type { ChargebackReport } from "../report/report.ts";
import { bookReport, type MonthBooking } from "../report/bookings.ts";
import { countQuarantined } from "../sections/quality/feeding-exports.ts";
import { JOURNAL_FILE, type JournalAccounts, renderJournal } from "./journal.ts";

/** A month that is allocated and reported, with everything its close freezes. */
export interface ReportedMonth {
  report: ChargebackReport;
  /** Manifest of the allocations that the report was made from. */
  allocations: AllocationManifest;
  /** Digests of everything that the month's days were built from. */
  inputs: MonthInput[];
  /** What is booked in the month; undefined where nothing is. */
  corrections: CorrectionManifest | undefined;
  /** All closes before this one, in order of month. */
  closes: readonly CloseRecord[];
  journal: JournalAccounts;
  /** By name: the files of the report and of its FOCUS export that do not mention the close. */
  figureFiles: ReadonlyMap<string, Uint8Array>;
  /** By name: the tables, settings and prices that the report was made with. */
  frozenFiles: ReadonlyMap<string, Uint8Array>;
  /** The `usage` tables that the month was calculated from, in the order of `inputs`. */
  usage: readonly { date: string; instance: string; table: Pick<WrittenObject, "key" | "size" | "sha256"> }[];
}

export interface Closing {
  /** Who closes the month. */
  by: string;
  now: Date;
  /** The newest digest of each gateway in the archive, ordered by gateway. */
  chain: readonly ChainHead[];
}

/** Everything that closing a month writes. */
export interface PreparedClose {
  files: { key: string; bytes: Uint8Array }[];
  /** Files that are unchanged objects of the lake, each with its key there. */
  copies: { from: string; key: string; sha256: string }[];
  /** Names all files; writing it closes the month. */
  record: CloseRecord;
}

/**
 * Builds the files and the record of a close. The same month always has the same id and the same files, except for those that say who closed it and
 * when. An interrupted close is continued by preparing and publishing it again.
 */
export async function prepareClose(reported: ReportedMonth, { by, now, chain }: Closing): Promise<PreparedClose> {
  const { report, allocations, inputs, corrections, closes, figureFiles, frozenFiles, usage } = reported;
  const { name: month, timezone } = report.month;
  const booking = bookReport(report);
  const made = {
    format: 1 as const,
    month,
    timezone,
    inputs,
    settings: allocations.settings,
    allocations: { rows: allocations.allocations.rows, ...allocations.totals },
    totals: sumTotals(report),
    attention: countAttention(report),
    corrections: corrections === undefined ? null : { corrected: corrections.corrected },
    closed_before: vouchFor(closes),
    ...(report.head.rate === null ? {} : { rate: rateToJson(report.head.rate) }),
    report_sha256: sha256Of(Buffer.from(renderJson(report, {}, booking))),
  };
  const listed = [
    ...[...figureFiles, ...frozenFiles].map(([name, bytes]) => ({ ...listFile(name, bytes), report: figureFiles.has(name) })),
    ...usage.map(({ date, instance, table: { size, sha256 } }) => ({ name: frozenUsage(date, instance), size, sha256, report: false })),
  ];
  const id = idOfClose({ ...made, files: listed });
  const statement: CloseStatement = { id, at: now, by, chain };
  const saying = await renderSaying(reported, booking, statement);
  const folder = nameStatement(statement);
  const keyOf = (name: string): string => layout.closedFile(month, id, name);
  const keyOfSaying = (name: string): string => keyOf(`${folder}/${name}`);
  return {
    files: [
      ...[...figureFiles, ...frozenFiles].map(([name, bytes]) => ({ key: keyOf(name), bytes })),
      ...[...saying].map(([name, bytes]) => ({ key: keyOfSaying(name), bytes })),
    ],
    copies: usage.map(({ date, instance, table: { key, sha256 } }) => ({ from: key, key: keyOf(frozenUsage(date, instance)), sha256 })),
    record: sealClose({
      ...made,
      id,
      closed_at: now.toISOString(),
      closed_by: by,
      chain: [...chain],
      files: [
        ...listed.map((file) => ({ ...file, key: keyOf(file.name) })),
        ...[...saying].map(([name, bytes]) => ({ ...listFile(name, bytes), key: keyOfSaying(name), report: true, says_close: true as const })),
      ],
    }),
  };
}

/** The files that say who closed the month and when, by name: the report, its journal, and the reports of its teams. */
async function renderSaying({ report, journal }: ReportedMonth, booking: MonthBooking, close: CloseStatement): Promise<Map<string, Uint8Array>> {
  const closed = { ...report, status: { ...report.status, close } };
  const contents = await renderStatements(closed, booking);
  const files = new Map<string, Uint8Array>([[JOURNAL_FILE, Buffer.from(renderJournal(report, booking, close.id, journal))]]);
  for (const format of ["html", "json", "teams", "summary", "workbook"] as const) files.set(REPORT_FILES[format], Buffer.from(contents[format]));
  for (const [file, bytes] of await renderAllTeams(closed)) files.set(file, bytes);
  return files;
}

function listFile(name: string, bytes: Uint8Array): { name: string; size: number; sha256: string } {
  return { name, size: bytes.byteLength, sha256: sha256Of(bytes) };
}

function sumTotals({ allocated, byTeam }: ChargebackReport): CloseRecord["totals"] {
  return {
    ...sumAmounts(allocated),
    teams: byTeam.map(({ key: { team, costCenter }, figures }) => ({ team, cost_center: costCenter, ...sumAmounts(figures) })),
  };
}

function sumAmounts(figures: AllocatedFigures): { owed_usd: string; list_value_usd: string } {
  return {
    owed_usd: formatDollars(sumOwed(figures).cost ?? 0n),
    list_value_usd: formatDollars(sumListValue(figures).cost ?? 0n),
  };
}

/** What the figures may lack. None of it keeps a month from being closed. */
function countAttention({ quality, total, byTeam }: ChargebackReport): CloseRecord["attention"] {
  const unallocated = byTeam.at(-1);
  return {
    damaged_exports: quality.damaged.length,
    quarantined_records: countQuarantined(quality.quarantined),
    unpriced_requests: Number(total.unpricedRequests),
    unallocated_owed_usd: formatDollars((unallocated === undefined ? null : sumOwed(unallocated.figures).cost) ?? 0n),
    days_without_usage: quality.daysWithoutUsage,
  };
}

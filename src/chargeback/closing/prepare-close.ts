import { layout } from "../../lake/layout.ts";
import type { AllocationManifest } from "../../lake/months/allocation-manifest.ts";
import type { CorrectionManifest } from "../../lake/months/correction-manifest.ts";
import type { MonthInput } from "../../lake/months/month-inputs.ts";
import { type CloseRecord, idOfClose, vouchFor } from "../../lake/records/close-record.ts";
import { sha256Of } from "../../lake/records/closed-files.ts";
import { formatDollars } from "../../ledger/money.ts";
import { type AllocatedFigures, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import type { ChargebackReport } from "../report/report.ts";
import { countQuarantined } from "../sections/quality/feeding-exports.ts";

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
  /** By name: the files of the report, its FOCUS export and its teams. */
  reportFiles: ReadonlyMap<string, Uint8Array>;
  /** By name: the tables, settings and prices that the report was made with. */
  frozenFiles: ReadonlyMap<string, Uint8Array>;
}

export interface Closing {
  /** Who closes the month. */
  by: string;
  now: Date;
}

/** Everything that closing a month writes. */
export interface PreparedClose {
  files: { key: string; bytes: Uint8Array }[];
  /** Names all of the files; writing it closes the month. */
  record: CloseRecord;
}

/**
 * Works out the files and the record of a close. The same month always becomes the same files under the same keys, so a close that was
 * interrupted is continued by preparing and publishing it again.
 */
export function prepareClose({ report, allocations, inputs, corrections, closes, reportFiles, frozenFiles }: ReportedMonth, { by, now }: Closing): PreparedClose {
  const { name: month, timezone } = report.month;
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
  };
  const contents = [...reportFiles, ...frozenFiles];
  const listed = contents.map(([name, bytes]) => ({ name, size: bytes.byteLength, sha256: sha256Of(bytes), report: reportFiles.has(name) }));
  const id = idOfClose({ ...made, files: listed });
  const keyOf = (name: string): string => layout.closedFile(month, id, name);
  return {
    files: contents.map(([name, bytes]) => ({ key: keyOf(name), bytes })),
    record: { ...made, id, closed_at: now.toISOString(), closed_by: by, files: listed.map((file) => ({ ...file, key: keyOf(file.name) })) },
  };
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

import { join } from "node:path";
import type { AssumedSubscriptions } from "./report/assumed-quality.ts";
import { checkAllocations } from "./report/check-allocations.ts";
import { sumFigures } from "./report/figures.ts";
import { type FeedingExport, feedsMonth, findIncomplete, type UnbuiltDay } from "./report/data-quality.ts";
import { NO_INSIGHTS } from "./insights/insights.ts";
import { boundMonth, type Month, monthEmpty, utcDates } from "../ledger/months.ts";
import type { ReadingNotes } from "./report/reading-quality.ts";
import { renderReport, REPORT_FILES, type ReportFormat } from "./report/render-report.ts";
import { buildReport, type ChargebackReport } from "./report/report.ts";
import { sumAllocations } from "./report/sum-allocations.ts";
import { type MonthSums, sumMonth } from "./report/sum-month.ts";
import { type AllocationSums, summariseAllocations } from "./report/summarise-allocations.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { LedgerError } from "../ledger/errors.ts";
import { addAssumedBilling } from "../lake/days/assumed-billing.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import { downloadWritten } from "../lake/download-written.ts";
import type { WrittenObject } from "../lake/landing/export-manifest.ts";
import { fetchRollups } from "../lake/days/fetch-rollups.ts";
import { noteLedger } from "../lake/ledger-notes.ts";
import { layout } from "../lake/layout.ts";
import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { isDayFresh, listDays } from "../lake/days/stale.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { readBooked } from "./closing/booked-corrections.ts";
import { findCorrections } from "./correct-months.ts";
import type { AllocateMonth } from "../allocation/allocate-months.ts";
import type { GatherInsights } from "./reporting/gather-insights.ts";
import type { ReportSettings } from "../open/ledger-context.ts";

export interface MonthlyChargeback {
  report: ChargebackReport;
  /** Keys in the lake. */
  files: Record<ReportFormat, string>;
  /** Formats that were not there yet, or other than now. */
  written: ReportFormat[];
  /** Bytes of the files. */
  contents: Record<ReportFormat, Buffer>;
}

export interface ChargebackOptions extends ReportSettings {
  allocate: AllocateMonth;
  gather: GatherInsights;
  /** Tells days apart that would be priced otherwise by now. */
  pricingOf: PricingOf;
}

/**
 * Reports who spent what in a calendar month and which team owes it, from the rollups as they are.
 * Throws `month_empty` for a month without usage, unless corrections of closed months are booked in it.
 */
export async function monthlyChargeback(
  lake: ObjectStore,
  monthName: string,
  timezone: string,
  { allocate, gather, pricingOf, tags, dimensions }: ChargebackOptions,
): Promise<MonthlyChargeback> {
  const month = boundMonth(monthName, timezone);
  const state = await loadLedgerState(lake);
  const sums = await sumRollups(lake, state, month);
  const exports = describeExports(state);
  const known = { unbuiltDays: findUnbuilt(state, month, pricingOf), identifiersUsedAgain: countUsedAgain(state, month), assumed: sumAssumed(state, month), notes: noteMonth(state, month, exports) };
  const quality = { ...findIncomplete(exports, month), ...known };
  if (sums.rows.length === 0 && (await findCorrections(lake, month.name)) === undefined) throw emptyBecause(month, lake, quality);
  const allocations = await allocate(month, state);
  const allocated = allocations === null ? summariseAllocations([], dimensions.map((name) => ({ name, parts: [] }))) : await fetchAllocations(lake, allocations, dimensions);
  if (allocations !== null) checkAllocations(allocated, sumFigures(sums.rows), allocations.key);
  const insights = allocations === null || sums.rows.length === 0 ? NO_INSIGHTS : await gather(month, state, exports, { ...allocations, sums: allocated });
  const report = buildReport(month, sums, { quality, insights, corrections: await readBooked(lake, month.name) }, allocated, tags);
  return { report, ...(await publishReport(lake, report)) };
}

async function sumRollups(lake: ObjectStore, state: LedgerState, month: Month): Promise<MonthSums> {
  const dates = new Set(utcDates(month));
  const days = [...state.days.values()].filter(({ date }) => dates.has(date));
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days, workspace);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => sumMonth(duck, files, month));
  });
}

async function fetchAllocations(
  lake: ObjectStore,
  table: Pick<WrittenObject, "key" | "sha256">,
  dimensions: readonly string[],
): Promise<AllocationSums> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "allocations.parquet");
    await downloadWritten(lake, table, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => sumAllocations(duck, file, dimensions));
  });
}

type Incomplete = ReturnType<typeof findIncomplete> & { unbuiltDays: UnbuiltDay[] };

function emptyBecause(month: Month, lake: ObjectStore, { damaged, quarantined, unbuiltDays }: Incomplete): LedgerError {
  const reasons = [
    ...damaged.map((one) => `${one.name} is damaged`),
    ...quarantined.map((one) => `${one.name} has quarantined records`),
    ...unbuiltDays.map(({ date, instance }) => `${date} of ${instance} is not built`),
  ];
  if (reasons.length === 0) return monthEmpty(month, lake);
  const because = `${reasons.slice(0, 3).join(", ")}${reasons.length > 3 ? ", …" : ""}`;
  return monthEmpty(month, lake, because, "aperture-ledger status tells more, aperture-ledger run builds what can be built");
}

function describeExports({ exports }: LedgerState): FeedingExport[] {
  return [...exports.values()].map(({ instance, name, time, damaged, records, landing }) => ({
    instance,
    name,
    time,
    damaged,
    records,
    dates: landing.map(({ date }) => date),
  }));
}

/** What was found in the records of the exports that feed the month: of quarantine and keys in all of them, else on its dates. */
function noteMonth({ exports, days }: LedgerState, month: Month, feeding: readonly FeedingExport[]): ReadingNotes {
  const dates = new Set(utcDates(month));
  const feeds = new Set(feeding.filter((one) => feedsMonth(one, month)).map(({ instance, name, time }) => JSON.stringify([instance, name, time])));
  const ofMonth = [...exports.values()]
    .filter(({ instance, name, time }) => feeds.has(JSON.stringify([instance, name, time])))
    .map((one) => ({ ...one, landing: one.landing.filter(({ date }) => dates.has(date)) }));
  return noteLedger(ofMonth, [...days.values()].filter(({ date }) => dates.has(date)));
}

/** As the manifests of the month's days have it. */
function countUsedAgain({ days }: LedgerState, month: Month): number {
  const dates = new Set(utcDates(month));
  return [...days.values()].reduce((sum, { date, identifiers_used_again: requests }) => sum + (dates.has(date) ? requests : 0), 0);
}

function sumAssumed({ days }: LedgerState, month: Month): AssumedSubscriptions {
  const dates = new Set(utcDates(month));
  return addAssumedBilling([...days.values()].filter(({ date }) => dates.has(date)));
}

/** Days of the month whose tables are not what they would be by now. */
export function findUnbuilt(state: LedgerState, month: Month, pricingOf: PricingOf): UnbuiltDay[] {
  const dates = new Set(utcDates(month));
  return listDays(state)
    .filter((day) => dates.has(day.date) && !isDayFresh(day, state.etags, pricingOf))
    .map(({ date, instance }) => ({ date, instance }));
}

/** The page goes last: whoever finds it finds what it links to. */
const PUBLISHING_ORDER = ["json", "csv", "teams", "summary", "corrections", "html"] as const satisfies readonly ReportFormat[];

async function publishReport(lake: ObjectStore, report: ChargebackReport): Promise<Omit<MonthlyChargeback, "report">> {
  const contents = mapFormats(await renderReport(report), (content) => Buffer.from(content));
  const files = mapFormats(REPORT_FILES, (file) => layout.report(report.month.name, file));
  const written: ReportFormat[] = [];
  for (const format of PUBLISHING_ORDER) {
    if (await holds(lake, files[format], contents[format])) continue;
    await lake.replace(files[format], contents[format]);
    written.push(format);
  }
  return { files, written, contents };
}

function mapFormats<Value, Result>(by: Readonly<Record<ReportFormat, Value>>, change: (value: Value) => Result): Record<ReportFormat, Result> {
  return {
    html: change(by.html),
    csv: change(by.csv),
    teams: change(by.teams),
    summary: change(by.summary),
    corrections: change(by.corrections),
    json: change(by.json),
  };
}

async function holds(store: ObjectStore, key: string, content: Buffer): Promise<boolean> {
  const entry = await store.head(key);
  return entry?.size === content.byteLength && content.equals(await store.read(key));
}

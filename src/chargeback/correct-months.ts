import { join } from "node:path";
import { describeSettings } from "../allocation/shares/describe-settings.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { readDerived, replaceJson } from "../lake/json-object.ts";
import { CORRECTION_MANIFESTS, layout } from "../lake/layout.ts";
import { listEtags } from "../lake/ledger-state.ts";
import { type CorrectedMonth, type CorrectionManifest, correctionManifest } from "../lake/months/correction-manifest.ts";
import { describeInputs, isSameState, type MonthState } from "../lake/months/month-inputs.ts";
import { loadAllocationState } from "../lake/months/month-state.ts";
import { publishFile } from "../lake/publish.ts";
import { loadCloses } from "../lake/records/close-record.ts";
import { isAsWritten } from "../lake/same-bytes.ts";
import { formatDollars } from "../ledger/money.ts";
import { boundMonth, monthAfter, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { bookMonth } from "./closing/book-month.ts";
import { type KnownState, knownStates } from "./closing/known-states.ts";
import { sumOwedCorrections } from "./corrections/correction.ts";
import { createCorrections, writeCorrections } from "./corrections/month-figures.ts";
import { readCorrections } from "./corrections/read-corrections.ts";
import type { Reporting } from "./make-report.ts";

export interface CorrectedMonths {
  /** `YYYY-MM` of the booking month: the first with usage after the last closed one. */
  booking: string;
  /** Closed months whose figures would be different now. */
  corrected: string[];
  /** Whether anything was written. */
  changed: boolean;
}

/** A closed month whose inputs or settings differ from those its settled figures were made from. */
interface Outdated {
  known: KnownState;
  now: MonthState;
}

/**
 * Books in the next open month how closed months would differ now. Most calls find unchanged inputs and settings and do nothing.
 * Returns undefined where no month is closed. All months must be allocated first.
 */
export async function correctMonths(ledger: Reporting, days: readonly DayManifest[]): Promise<CorrectedMonths | undefined> {
  const closes = await loadCloses(ledger.stores.lake);
  const last = closes.at(-1);
  if (last === undefined) return undefined;
  const used = await listUsedMonths(ledger.stores.lake);
  const booking = used.find((month) => month > last.month) ?? monthAfter(last.month);
  const outdated = [...knownStates(closes).values()].flatMap((known) => {
    const now = stateNow(ledger, known, days);
    return isSameState(now, known.state) ? [] : [{ known, now }];
  });
  const closed = new Set(closes.map(({ month }) => month));
  const removed = await removeOthers(ledger, { closed, used, booking: outdated.length === 0 ? undefined : booking });
  const written = outdated.length > 0 && !(await isBooked(ledger.stores.lake, booking, outdated));
  if (written) await publish(ledger, booking, outdated, days);
  return { booking, corrected: outdated.map(({ now }) => now.month), changed: removed || written };
}

/** Months that have usage, in order. */
async function listUsedMonths(lake: ObjectStore): Promise<string[]> {
  const { manifests } = await loadAllocationState(lake);
  const used = [...manifests.values()].filter(({ allocations }) => allocations.rows > 0);
  return used.map(({ month }) => month).sort();
}

function stateNow({ rules: { allocation } }: Reporting, { close: { month, timezone } }: KnownState, days: readonly DayManifest[]): MonthState {
  const dates = [boundMonth(month, allocation.timezone), boundMonth(month, timezone)].flatMap(utcDates);
  return { month, inputs: describeInputs(days, new Set(dates)), settings: describeSettings(allocation, boundMonth(month, allocation.timezone)) };
}

async function isBooked(lake: ObjectStore, booking: string, outdated: readonly Outdated[]): Promise<boolean> {
  const manifest = await findCorrections(lake, booking);
  if (manifest === undefined || manifest.corrected.length !== outdated.length) return false;
  const { table, corrected } = manifest;
  if (table !== null && !(await isAsWritten(lake, table))) return false;
  return outdated.every(({ known, now }) => corrected.some((one) => one.month === now.month && one.since === known.last.id && isSameState(one, now)));
}

/** What is booked in a month; undefined where nothing is. */
export async function findCorrections(lake: ObjectStore, month: string): Promise<CorrectionManifest | undefined> {
  const key = layout.correctionManifest(month);
  return (await lake.head(key)) === undefined ? undefined : await readDerived(lake, key, correctionManifest);
}

interface KnownMonths {
  closed: ReadonlySet<string>;
  used: readonly string[];
  /** Undefined where there is nothing to book. */
  booking: string | undefined;
}

/**
 * Removes corrections that no longer apply, and those booked in a month that is no longer the booking month. The report of a month without
 * usage goes with them: anyone who finds it would book them twice.
 */
async function removeOthers({ stores: { lake }, telling: { log } }: Reporting, { closed, used, booking }: KnownMonths): Promise<boolean> {
  const months = [...(await listEtags(lake, CORRECTION_MANIFESTS)).keys()].map((key) => key.slice(CORRECTION_MANIFESTS.length, -".json".length));
  const gone = months.filter((month) => !closed.has(month) && month !== booking);
  for (const month of gone) {
    // The manifest goes last: until then an interrupted removal is found again.
    for (const key of used.includes(month) ? [] : await listKeys(lake, layout.report(month, ""))) await lake.remove(key);
    await lake.remove(layout.corrections(month));
    await lake.remove(layout.correctionManifest(month));
    log.info({ month }, "corrections removed: nothing differs from what is closed");
  }
  return gone.length > 0;
}

async function listKeys(lake: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list(prefix)) keys.push(key);
  return keys;
}

/** The manifest goes last: after a crash before it, the corrections are booked again. */
async function publish(ledger: Reporting, booking: string, outdated: readonly Outdated[], days: readonly DayManifest[]): Promise<void> {
  const { stores: { lake }, telling: { log } } = ledger;
  await withWorkspace(async (workspace) => {
    const file = join(workspace, "corrections.parquet");
    const { rows, booked } = await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      await createCorrections(duck);
      for (const { known } of outdated) await bookMonth(ledger, duck, known, days, workspace);
      return { rows: await writeCorrections(duck, file), booked: await readCorrections(duck, file) };
    });
    const corrected = outdated.map(({ known, now }): CorrectedMonth => {
      const own = booked.filter(({ corrects }) => corrects === now.month);
      return { ...now, since: known.last.id, rows: own.length, owed_usd: formatDollars(sumOwedCorrections(own)) };
    });
    const key = layout.corrections(booking);
    if (rows === 0) await lake.remove(key);
    const table = rows === 0 ? null : { ...(await publishFile(lake, key, file)), rows };
    const manifest: CorrectionManifest = { format: 1, month: booking, corrected, table };
    await replaceJson(lake, layout.correctionManifest(booking), manifest);
    log.info({ month: booking, rows, corrected: corrected.map(({ month, owed_usd }) => ({ month, owed_usd })) }, "corrections booked");
  });
}

import pMap from "p-map";
import { countNewer } from "../aperture/reader/schema-version.ts";
import { loadLedgerState, refuseUnreadableExports } from "../lake/ledger-state.ts";
import { type LedgerNotes, noteLedger } from "../lake/ledger-notes.ts";
import { type LedgerTotals, sumLedger } from "../lake/ledger-totals.ts";
import type { CorrectedMonths } from "../chargeback/correct-months.ts";
import { checkLimits, type LimitSummary, summariseLimits } from "../limits/check-limits.ts";
import { checkHealth, checkHealthEvenSo, type CheckedHealth } from "../health/check-health.ts";
import { copyProblems } from "../ingest/copying/copy-problems.ts";
import { ingestExport } from "../ingest/ingest-export.ts";
import type { Ledger, Stores } from "../open/ledger.ts";
import { buildStaleDays } from "../ingest/build-stale-days.ts";
import { overBuiltDays } from "../lake/days/over-built-days.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";
import { refuseHidden } from "../archive/erasing/read-erasures.ts";
import { settleCopies } from "../ingest/copying/settle-copies.ts";
import { type ExportTask, pullExports, refuseUnlistable } from "../ingest/pull-exports.ts";
import { loadSettledState } from "../ingest/settle-restored.ts";
import { settleMonths } from "./settle-months.ts";
import { LedgerError } from "../ledger/errors.ts";
import { isStoreUnwritable, refusingStore } from "../storage/refusing-store.ts";
import type { SentAlerts } from "../limits/delivering/send-alerts.ts";

/** `exports.seen`, `ingested`, `skipped` and `days` are about this run; everything else is about the whole ledger after it. */
export interface RunSummary {
  exports: { seen: number; ingested: number; skipped: number; damaged: number };
  /** `newer`: accepted, and written by a gateway with a later schema version than this reader was built for. */
  records: LedgerTotals["records"] & { newer: number };
  days: { built: number; fresh: number };
  /** Months that were allocated now, and months that were up to date. */
  months: { allocated: number; fresh: number };
  /** Present if months are closed: the corrections that are booked in an open month. */
  corrections?: CorrectedMonths;
  /** The budgets in force; present if any are configured. */
  limits?: LimitSummary[];
  /** The alerts of this run; present if budgets or an anomaly check are configured. */
  alerts?: SentAlerts;
  /** The conditions of the ledger itself, and this run's alerts about them; present if `health.notify` is configured. */
  health?: CheckedHealth;
  /** Reports that had not arrived and were retried; absent where there are none. */
  reports?: { sent: number; failed: number };
  totals: LedgerTotals["totals"];
  /** Number of copies in the archive that were altered; absent if there are none. */
  altered_copies?: number;
  /** Readable parts of quarantined records, and counts that no price list covers; absent if there are none. */
  notes?: Pick<LedgerNotes, "quarantine" | "unknown_counts">;
}

/** Exports ingested at once: one is fetched or published while another is decoded. */
const EXPORTS_AT_ONCE = 3;

/** Makes one pass. Alerts about the ledger itself are also sent where the pass fails: that is when something is most likely to be wrong. */
export async function runOnce(opened: Ledger): Promise<RunSummary> {
  const ledger = { ...opened, stores: stoppingStores(opened.stores) };
  const waiting: ExportTask[] = [];
  try {
    return await makePass(ledger, waiting);
  } catch (error) {
    await checkHealthEvenSo(ledger, async () => ({ exports: [...(await loadLedgerState(ledger.stores.lake)).exports.values()], waiting }), ledger.work.clock());
    throw isStoreUnwritable(error) ? endedEarly(error) : error;
  }
}

/** Lake and archive. Once one of them cannot be written, it refuses all further writes. */
function stoppingStores({ lake, archive, sources }: Stores): Stores {
  const guarded = refusingStore(lake);
  return { lake: guarded, archive: archive === lake ? guarded : refusingStore(archive), sources };
}

function endedEarly(cause: LedgerError): LedgerError {
  const remedy = `${cause.remedy.replace(/\.$/, "")}. The run ended there; what was written before is kept, and the next run continues`;
  return new LedgerError(cause.code, cause.message, { remedy, cause });
}

/**
 * One pass: pull, ingest, build days, allocate months, correct closed months, check limits. An export that cannot be ingested does not stop the
 * others; this throws afterwards. A store that cannot be written ends the pass. @param waiting gets the exports that this pass will ingest.
 */
async function makePass(ledger: Ledger, waiting: ExportTask[]): Promise<RunSummary> {
  const budgets = ledger.rules.budgets();
  const before = await loadSettledState(ledger);
  for (const unreadable of before.unreadable) ledger.telling.log.warn(unreadable, "a manifest cannot be read: the object that it describes is derived again");
  const { seen, skipped, tasks, withoutCopy, archived, read, unlistable } = await pullExports(ledger, before);
  waiting.push(...tasks);
  for (const { instance, name } of withoutCopy) ledger.telling.log.warn({ instance, export: name }, "no copy in the archive");
  const copies = await settleCopies(ledger, before, archived);
  const failures = await ingestAll(tasks, ledger);
  const failed = partlyFailed("exports_failed", { what: "exports were not ingested", tried: tasks.length, others: "The other exports were ingested" }, failures);
  const isAsBefore = tasks.length === 0 && copies.restored.size === 0;
  const state = isAsBefore ? before : await loadLedgerState(ledger.stores.lake);
  if (failed === undefined) refuseUnreadableExports(state, ledger.stores.lake);
  const { built, fresh, days } = await buildStaleDays(ledger, state).catch((error: unknown) => {
    // A day without the landing file of an export fails because that export failed.
    throw failed ?? error;
  });
  if (failed !== undefined) throw failed;
  refuseHidden(ledger.stores.archive, read);
  const isWatched = budgets.length > 0 || ledger.telling.alerting.anomalies !== undefined;
  const problems = copyProblems(copies.altered, withoutCopy, before.exports.values());
  const { months, limits, health } = await overBuiltDays(ledger.stores.lake, days, async (known) => ({
    months: await settleMonths(ledger, known),
    limits: isWatched ? await checkLimits(ledger, known, ledger.work.clock()) : undefined,
    health: await checkHealth(ledger, { exports: [...state.exports.values()], waiting, days: known, copies: problems }, ledger.work.clock()),
  }));
  const reports = await retryReports(ledger);
  refuseUnlistable(unlistable);
  const { records, totals, damaged } = sumLedger(state.exports.values(), days);
  const { quarantine, unknown_counts } = noteLedger([...state.exports.values()], days);
  return {
    exports: { seen, ingested: tasks.length, skipped, damaged },
    records: { ...records, newer: countNewer([...state.exports.values()].map(({ versions }) => versions)) },
    days: { built, fresh },
    months: { allocated: months.allocated.length, fresh: months.fresh },
    ...(months.corrections === undefined ? {} : { corrections: months.corrections }),
    ...(limits === undefined ? {} : { limits: summariseLimits(limits.states), alerts: limits.alerts }),
    ...(health === undefined ? {} : { health }),
    ...(reports === undefined || reports.sent + reports.failed === 0 ? {} : { reports }),
    totals,
    ...(copies.altered.length === 0 ? {} : { altered_copies: copies.altered.length }),
    ...(records.quarantined === 0 && unknown_counts.length === 0 ? {} : { notes: { quarantine, unknown_counts } }),
  };
}

/** Throws once lake or archive cannot be written, after the ingestion in progress has ended. */
async function ingestAll(tasks: readonly ExportTask[], ledger: Ledger): Promise<Failure[]> {
  if (tasks.length > 0) ledger.telling.progress.begin("ingesting exports", tasks.length);
  const failures: Failure[] = [];
  let unwritable: LedgerError | undefined;
  // Exports of one name are ingested in turn: the ledger must know the earlier export to see whether the next one is new.
  const namesakes = Map.groupBy(tasks, ({ instance, first }) => `${instance}/${first}`);
  await pMap(
    namesakes.values(),
    async (group) => {
      for (const task of group) if (unwritable === undefined) await ingestOne(task);
    },
    { concurrency: EXPORTS_AT_ONCE },
  );
  if (unwritable !== undefined) throw unwritable;
  return failures;

  async function ingestOne(task: ExportTask): Promise<void> {
    const { instance, name } = task;
    try {
      const { records, damage } = await ingestExport(task, ledger);
      ledger.telling.log[damage === null ? "info" : "warn"]({ instance, export: name, records, damage }, "export ingested");
    } catch (cause) {
      if (isStoreUnwritable(cause)) {
        unwritable ??= cause;
        return;
      }
      ledger.telling.log.error({ instance, export: name, err: cause }, "export not ingested");
      failures.push({ name, cause });
    }
    ledger.telling.progress.step();
  }
}

/** Loaded here, since deliveries need everything that builds a report, and runs without deliveries would hold it in memory. */
async function retryReports(ledger: Ledger): Promise<{ sent: number; failed: number } | undefined> {
  if (ledger.telling.delivering === undefined) return undefined;
  const { retryDeliveries } = await import("../chargeback/deliver-month.ts");
  return await retryDeliveries(ledger);
}

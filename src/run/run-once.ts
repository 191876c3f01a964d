import pMap from "p-map";
import { countNewer } from "../aperture/reader/schema-version.ts";
import { loadLedgerState, refuseUnreadableExports } from "../lake/ledger-state.ts";
import { type LedgerNotes, noteLedger } from "../lake/ledger-notes.ts";
import { type LedgerTotals, sumLedger } from "../lake/ledger-totals.ts";
import type { CorrectedMonths } from "../chargeback/correct-months.ts";
import { checkLimits, type LimitSummary, summariseLimits } from "../limits/check-limits.ts";
import { ingestExport } from "../ingest/ingest-export.ts";
import type { Ledger } from "../open/ledger.ts";
import { buildStaleDays } from "../ingest/build-stale-days.ts";
import { overBuiltDays } from "../lake/days/over-built-days.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";
import { refuseHidden } from "../archive/erasing/read-erasures.ts";
import { settleCopies } from "../ingest/copying/settle-copies.ts";
import { type ExportTask, pullExports, refuseUnlistable } from "../ingest/pull-exports.ts";
import { loadSettledState } from "../ingest/settle-restored.ts";
import { settleMonths } from "./settle-months.ts";
import type { SentAlerts } from "../limits/delivering/send-alerts.ts";

/** `exports.seen`, `ingested`, `skipped` and `days` are of this run; everything else is of the whole ledger after it. */
export interface RunSummary {
  exports: { seen: number; ingested: number; skipped: number; damaged: number };
  /** `newer`: accepted, and written by a gateway with a later schema version than this reader was built for. */
  records: LedgerTotals["records"] & { newer: number };
  days: { built: number; fresh: number };
  /** Months that were allocated now, and months that were up to date. */
  months: { allocated: number; fresh: number };
  /** If months are closed: what is booked in an open month to correct them. */
  corrections?: CorrectedMonths;
  /** If there are budgets: those in force. */
  limits?: LimitSummary[];
  /** If there are budgets or an anomaly check: of this run. */
  alerts?: SentAlerts;
  totals: LedgerTotals["totals"];
  /** If there are any: copies in the archive that are not what was archived. */
  altered_copies?: number;
  /** If there are any: what could be read of quarantined records, and counts that no price list prices. */
  notes?: Pick<LedgerNotes, "quarantine" | "unknown_counts">;
}

/** Exports ingested at once: one is fetched or published while another is decoded. */
const EXPORTS_AT_ONCE = 3;

/** One pass: pull, ingest, build days, allocate months, correct closed months, check limits. An export that cannot be ingested does not stop the others; then this throws. */
export async function runOnce(ledger: Ledger): Promise<RunSummary> {
  const budgets = ledger.rules.budgets();
  const before = await loadSettledState(ledger);
  for (const unreadable of before.unreadable) ledger.telling.log.warn(unreadable, "a manifest cannot be read: what it tells of is derived again");
  const { seen, skipped, tasks, withoutCopy, archived, read, unlistable } = await pullExports(ledger, before);
  for (const { instance, name } of withoutCopy) ledger.telling.log.warn({ instance, export: name }, "no copy in the archive");
  const copies = await settleCopies(ledger, before, archived);
  const failures = await ingestAll(tasks, ledger);
  const rest = "The other exports were ingested";
  const failed = partlyFailed("exports_failed", { what: "exports were not ingested", tried: tasks.length, rest }, failures);
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
  const { months, limits } = await overBuiltDays(ledger.stores.lake, days, async (known) => ({
    months: await settleMonths(ledger, known),
    limits: isWatched ? await checkLimits(ledger, known, ledger.work.clock()) : undefined,
  }));
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
    totals,
    ...(copies.altered.length === 0 ? {} : { altered_copies: copies.altered.length }),
    ...(records.quarantined === 0 && unknown_counts.length === 0 ? {} : { notes: { quarantine, unknown_counts } }),
  };
}

async function ingestAll(tasks: readonly ExportTask[], ledger: Ledger): Promise<Failure[]> {
  if (tasks.length > 0) ledger.telling.progress.begin("ingesting exports", tasks.length);
  const failures: Failure[] = [];
  // Exports of one name are ingested in turn: which one is new depends on what is known of that name.
  const namesakes = Map.groupBy(tasks, ({ instance, first }) => `${instance}/${first}`);
  await pMap(
    namesakes.values(),
    async (group) => {
      for (const task of group) await ingestOne(task);
    },
    { concurrency: EXPORTS_AT_ONCE },
  );
  return failures;

  async function ingestOne(task: ExportTask): Promise<void> {
    const { instance, name } = task;
    try {
      const { records, damage } = await ingestExport(task, ledger);
      ledger.telling.log[damage === null ? "info" : "warn"]({ instance, export: name, records, damage }, "export ingested");
    } catch (cause) {
      ledger.telling.log.error({ instance, export: name, err: cause }, "export not ingested");
      failures.push({ name, cause });
    }
    ledger.telling.progress.step();
  }
}

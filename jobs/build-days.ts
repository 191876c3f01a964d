import { z } from "zod";
import { allocateMonths } from "../src/allocation/allocate-months.ts";
import { rebuildDay } from "../src/ingest/rebuild-day.ts";
import { checkLimits, summariseLimits } from "../src/limits/check-limits.ts";
import { correctMonths } from "../src/chargeback/correct-months.ts";
import { findStaleDays } from "../src/ingest/build-stale-days.ts";
import { overBuiltDays } from "../src/lake/days/over-built-days.ts";
import { withDuckDb } from "../src/ledger/sql/duckdb.ts";
import { findDayStale } from "../src/lake/days/day-state.ts";
import { loadLedgerState, refuseUnreadableExports } from "../src/lake/ledger-state.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";
import { JOBS_QUEUE, jobOptions } from "../src/queue/open-queues.ts";

const dayJob = z.object({ date: z.iso.date(), instance: z.string() });

/**
 * A flow: the stale days side by side on all workers, then the months they belong to, then the limits, also when a day or a
 * month could not be built.
 */
export const handleNightlyExport: JobHandler = async (_, { openLedger, queues, settings }) => {
  const ledger = await openLedger("is as kept");
  const state = await loadLedgerState(ledger.stores.lake);
  for (const unreadable of state.unreadable) ledger.telling.log.warn(unreadable, "a manifest cannot be read: what it tells of is derived again");
  refuseUnreadableExports(state, ledger.stores.lake);
  const { stale, fresh } = await findStaleDays(ledger, state);
  const opts = jobOptions(settings);
  const ofParent = { ...opts, ignoreDependencyOnFailure: true };
  const days = stale.map(({ date, instance }) => ({ name: "build-day", queueName: JOBS_QUEUE, data: { date, instance }, opts: ofParent }));
  const months = { name: "allocate-months", queueName: JOBS_QUEUE, data: {}, opts: ofParent, children: days };
  await queues.flows.add({ name: "check-limits", queueName: JOBS_QUEUE, data: {}, opts, children: [months] });
  ledger.telling.log.info({ stale: stale.length, fresh: fresh.length }, "days to build");
  return { stale: stale.length, fresh: fresh.length };
};

/** Which inputs the day is built from is looked up here and not when the job was made: it may have waited. */
export const handleBuildDay: JobHandler = async (data, { openLedger }) => {
  const { date, instance } = dayJob.parse(data);
  const { stores: { lake }, telling: { log, progress }, money: { pricingOf } } = await openLedger("is as kept");
  const stale = await findDayStale(lake, { date, instance }, pricingOf);
  if (stale === undefined) return { date, instance, built: false };
  progress.begin(`building ${date} of ${instance}`, 1);
  const manifest = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, (duck) => rebuildDay(stale, { store: lake, duck, workspace, pricingOf })),
  );
  progress.step();
  log.info({ date, instance, totals: manifest?.totals }, "day built");
  return { date, instance, built: true, totals: manifest?.totals };
};

export const handleAllocateMonths: JobHandler = async (_, { openLedger }) => {
  const ledger = await openLedger("is as kept");
  const { days } = await loadLedgerState(ledger.stores.lake);
  return await overBuiltDays(ledger.stores.lake, [...days.values()], async (known) => {
    const { hasCloses, ...months } = await allocateMonths(ledger, known);
    return hasCloses ? { ...months, corrections: await correctMonths(ledger, known) } : months;
  });
};

export const handleCheckLimits: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("is as kept");
  const { days } = await loadLedgerState(ledger.stores.lake);
  const { states, ...spent } = await overBuiltDays(ledger.stores.lake, [...days.values()], (known) => checkLimits(ledger, known, clock()));
  return { ...spent, limits: summariseLimits(states) };
};

import { findStaleDays } from "../src/ingest/build-stale-days.ts";
import { loadLedgerState, refuseUnreadableExports } from "../src/lake/ledger-state.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";
import { JOBS_QUEUE, jobOptions } from "../src/queue/open-queues.ts";

/**
 * Adds a flow of jobs: all workers build the stale days side by side; then the months of these days are allocated; then the limits are
 * checked. A job that fails does not keep the later ones from running.
 */
export const handleNightlyExport: JobHandler = async (_, { openLedger, queues, settings }) => {
  const ledger = await openLedger("cached");
  const { stores: { lake }, telling: { log } } = ledger;
  const state = await loadLedgerState(lake);
  for (const unreadable of state.unreadable) log.warn(unreadable, "a manifest cannot be read: the object that it describes is derived again");
  refuseUnreadableExports(state, lake);
  const { stale, fresh } = await findStaleDays(ledger, state);
  const opts = jobOptions(settings);
  const ofParent = { ...opts, ignoreDependencyOnFailure: true };
  const days = stale.map(({ date, instance }) => ({ name: "build-day", queueName: JOBS_QUEUE, data: { date, instance }, opts: ofParent }));
  const months = { name: "allocate-months", queueName: JOBS_QUEUE, data: {}, opts: ofParent, children: days };
  await queues.flows.add({ name: "check-limits", queueName: JOBS_QUEUE, data: {}, opts, children: [months] });
  log.info({ stale: stale.length, fresh: fresh.length }, "days to build");
  return { stale: stale.length, fresh: fresh.length };
};

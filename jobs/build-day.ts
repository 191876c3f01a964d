import { z } from "zod";
import { rebuildDay } from "../src/ingest/rebuild-day.ts";
import { findDayStale } from "../src/lake/days/day-state.ts";
import { landedRowsOf } from "../src/lake/days/stale.ts";
import { withDuckDb } from "../src/ledger/sql/duckdb.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

const dayJob = z.object({ date: z.iso.date(), instance: z.string() });

/** Builds a day from the inputs that it has now, not from those that it had when the job was added: the job may have waited. */
export const handleBuildDay: JobHandler = async (data, { openLedger }) => {
  const { date, instance } = dayJob.parse(data);
  const { stores: { lake }, money: { pricingOf }, telling: { log, progress } } = await openLedger("cached");
  const stale = await findDayStale(lake, { date, instance }, pricingOf);
  if (stale === undefined) return { date, instance, built: false };
  progress.begin(`building ${date} of ${instance}`, 1);
  const manifest = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace, rows: landedRowsOf(stale) }, (duck) => rebuildDay(stale, { store: lake, duck, workspace, pricingOf })),
  );
  progress.step();
  log.info({ date, instance, totals: manifest?.totals }, "day built");
  return { date, instance, built: true, totals: manifest?.totals };
};

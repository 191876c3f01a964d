import { allocateUsedMonth } from "../allocation/allocate-months.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { Month } from "../ledger/months.ts";
import type { Ledger } from "../open/ledger.ts";
import { readBooked } from "./closing/booked-corrections.ts";
import { NO_INSIGHTS } from "./report/insights.ts";
import { reportStatus } from "./report/report-status.ts";
import { buildReport, type ChargebackReport } from "./report/report.ts";
import { gatherInsights } from "./gathering/gather-insights.ts";
import { knownTime } from "./gathering/known-time.ts";
import type { MonthTables } from "./gathering/month-tables.ts";
import { type AllocatedMonth, readFigures } from "./gathering/read-figures.ts";

/** What reporting, correcting and closing months work with. */
export type Reporting = Pick<Ledger, "stores" | "rules" | "money" | "telling">;

/** Brings a month's allocations up to date. */
export async function allocateForReport(ledger: Reporting, month: Month): Promise<AllocatedMonth> {
  const state = await loadLedgerState(ledger.stores.lake);
  const manifest = await allocateUsedMonth(ledger, month, [...state.days.values()]);
  return { month, state, table: manifest && manifest.allocations };
}

/** Makes the report of an allocated month from the lake as it is, for an open month or for its close. Publishes nothing; the allocations of the month before are brought up to date to compare with. */
export async function makeReport(ledger: Reporting, allocated: AllocatedMonth, tables: MonthTables, as: "open" | "closed" = "open"): Promise<ChargebackReport> {
  const { stores: { lake }, rules: { report: settings }, money: { pricingOf } } = ledger;
  const figures = await readFigures(lake, allocated, { pricingOf, dimensions: settings.dimensions });
  const insights = figures.usage.rows.length === 0 ? NO_INSIGHTS : await gatherInsights(ledger, allocated, figures, tables);
  const status = reportStatus(allocated.month, knownTime(allocated.state, allocated.month.timezone), as === "closed");
  return buildReport(allocated.month, figures, { status, insights, corrections: await readBooked(lake, allocated.month.name) }, settings.tags);
}

import { allocateUsedMonth } from "../allocation/allocate-months.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { PRODUCT_VERSION } from "../ledger/product-version.ts";
import { dayOf } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type ExchangeRate, rateOn } from "../ledger/exchange-rate.ts";
import type { Month } from "../ledger/months.ts";
import type { Ledger, ReportSettings } from "../open/ledger.ts";
import { readBooked } from "./closing/booked-corrections.ts";
import { NO_INSIGHTS } from "./report/insights.ts";
import { reportStatus } from "./report/report-status.ts";
import { buildReport, type ChargebackReport } from "./report/report.ts";
import { gatherInsights } from "./gathering/gather-insights.ts";
import { hideReport } from "./hiding/hide-report.ts";
import { listMembers } from "./hiding/list-members.ts";
import { requirePrivacy } from "./hiding/privacy.ts";
import { readCrowds } from "./hiding/read-crowds.ts";
import { knownTime } from "./gathering/known-time.ts";
import type { MonthTables } from "./gathering/month-tables.ts";
import { type AllocatedMonth, readFigures } from "./gathering/read-figures.ts";

/** What reporting, correcting and closing months work with. */
export type Reporting = Pick<Ledger, "stores" | "rules" | "money" | "telling">;

/** Brings a month's allocations up to date. */
export async function allocateForReport(ledger: Reporting, month: Month): Promise<AllocatedMonth> {
  const state = await loadLedgerState(ledger.stores.lake);
  const objects = state.restored.size;
  if (objects > 0) ledger.telling.log.warn({ objects }, "this lake was copied, moved or restored: call aperture-ledger run, which notes the new ETags; until then every command reads the tables again");
  const manifest = await allocateUsedMonth(ledger, month, [...state.days.values()]);
  return { month, state, table: manifest && manifest.allocations };
}

/**
 * Makes the report of an allocated month from the current lake, for an open month or for its close. Publishes nothing, but brings the allocations of
 * the month before up to date for the comparison. Where the settings hide people, nothing that is returned names a person.
 */
export async function makeReport(ledger: Reporting, allocated: AllocatedMonth, tables: MonthTables, as: "open" | "closed" = "open"): Promise<ChargebackReport> {
  const { stores: { lake }, rules: { report: settings, allocation }, money: { pricingOf } } = ledger;
  const privacy = requirePrivacy(settings.privacy);
  const figures = await readFigures(lake, allocated, { pricingOf, dimensions: settings.dimensions });
  const { insights, crowds: compared } = figures.usage.rows.length === 0 ? { insights: NO_INSIGHTS, crowds: null } : await gatherInsights(ledger, allocated, figures, tables);
  const status = reportStatus(allocated.month, knownTime(allocated.state, allocated.month.timezone), as === "closed");
  const head = { company: settings.company, owners: settings.owners, version: PRODUCT_VERSION, rate: rateOfMonth(settings, allocated.month) };
  const corrections = await readBooked(lake, allocated.month.name);
  if (privacy === undefined) return buildReport(allocated.month, figures, { status, head, insights, corrections }, settings.tags);
  const crowds = await readCrowds(tables.duck, tables.days, figures.allocations.byDimension.map(({ name }) => name));
  const { hiding, ...hidden } = hideReport({ figures, insights, corrections }, privacy, { crowds, compared, used: tables.allocation.charges, logins: listMembers(allocation) });
  return { ...buildReport(allocated.month, hidden.figures, { status, head, ...hidden }, settings.tags), hiding };
}

/** The rate of the second currency on the last day of the month. Throws `no_rate` where no rate has begun by then. */
function rateOfMonth({ secondCurrency, rates }: Pick<ReportSettings, "secondCurrency" | "rates">, { name, to, timezone }: Month): ExchangeRate | null {
  if (secondCurrency === undefined) return null;
  const lastDay = dayOf(new Date(to.getTime() - 1), timezone);
  const rate = rateOn(rates, secondCurrency, lastDay);
  if (rate !== undefined) return rate;
  throw new LedgerError("no_rate", `there is no rate of ${secondCurrency} for ${lastDay}, the last day of ${name}`, { remedy: "add one under currency.rates whose from is that day or earlier" });
}

import { type AllocatedSpan, allocateSpan } from "../../allocation/shares/allocate-span.ts";
import { boundMonth, type Month, monthsOfDate, utcDate, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { addDays, dayOf, daysBetween, startOfDay } from "../../ledger/days.ts";
import { sortEntries } from "../../ledger/usage/usage-key.ts";
import type { DaySpend } from "../budgets/spend.ts";
import type { Ledger } from "../../open/ledger.ts";
import { withWorkspace } from "../../storage/workspace.ts";

/** The stores with the days, and the settings that decide who pays. */
export type SpendReading = Pick<Ledger, "stores" | "rules">;

interface Wanted {
  from: Date;
  to: Date;
  /** Zone in which the days of the spend begin; months are those of the allocations. */
  timezone: string;
}

/**
 * The spend from `from` on and before `to`, both starts of days in the time zone, by days of that zone. Teams and tags have exactly the
 * amounts of the allocations, without adjustments; whole months are allocated for that, since shared costs may depend on a month's
 * direct costs.
 */
export async function readSpend(ledger: SpendReading, days: readonly DayManifest[], from: Date, to: Date, timezone: string): Promise<DaySpend[]> {
  const wanted = { from, to, timezone };
  const sums = new Map<string, DaySpend>();
  for (const month of monthsBetween(days, wanted, ledger.rules.allocation.timezone)) {
    const dates = new Set(utcDates(month));
    const ofMonth = days.filter(({ date }) => dates.has(date));
    addSpend(sums, await allocateByDay(ledger, month, ofMonth, wanted), wanted);
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, spend]) => spend);
}

/** Months that contain both built and wanted days, in order. */
function monthsBetween(days: readonly DayManifest[], { from, to }: Wanted, timezone: string): Month[] {
  const [first, last] = [addDays(utcDate(from), -1), addDays(utcDate(to), 1)];
  const near = days.filter(({ date }) => date >= first && date <= last);
  const names = [...new Set(near.flatMap(({ date }) => monthsOfDate(date, timezone)))].sort();
  return names.map((name) => boundMonth(name, timezone)).filter((month) => month.from < to && month.to > from);
}

async function allocateByDay({ stores: { lake }, rules: { allocation } }: SpendReading, month: Month, days: readonly DayManifest[], wanted: Wanted): Promise<AllocatedSpan["allocated"]> {
  const cuts = startsOfDays(month, wanted);
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days, workspace);
    return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => (await allocateSpan(duck, files, month, allocation, cuts)).allocated);
  });
}

/** Starts of the wanted days in the month, and of the first day after them. */
function startsOfDays(month: Month, { from, to, timezone }: Wanted): Date[] {
  const days = daysBetween(dayOf(from, timezone), addDays(dayOf(to, timezone), 1));
  return days.map((day) => startOfDay(day, timezone)).filter((start) => start > month.from && start < month.to);
}

/** Merges rows with the same properties: rules, methods and settings do not matter here. */
function addSpend(sums: Map<string, DaySpend>, allocated: AllocatedSpan["allocated"], { from, to, timezone }: Wanted): void {
  const dayAt = new Map<number, string>();
  for (const { plan, team, tag, method, sums: { cost } } of allocated) {
    if (method === "adjustment" || plan.from < from.getTime() || plan.from >= to.getTime()) continue;
    const day = dayAt.get(plan.from) ?? dayOf(new Date(plan.from), timezone);
    dayAt.set(plan.from, day);
    const { caller, callerType, instance, provider, model, billing, dimensions } = plan.usage;
    const id = JSON.stringify([day, team, tag, caller, callerType, instance, provider, model, billing, sortEntries(dimensions)]);
    const known = sums.get(id);
    if (known === undefined) sums.set(id, { day, team, tag, caller, callerType, instance, provider, model, billing, dimensions, cost });
    else if (cost !== null) known.cost = (known.cost ?? 0n) + cost;
  }
}

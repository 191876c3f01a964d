import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { type Allocated, Allocator, type UsagePlan } from "./model/allocate.ts";
import { listRows } from "./model/allocation-rows.ts";
import { listPeriods } from "../../src/allocation/settings/periods.ts";
import { planner } from "../../src/allocation/shares/plan.ts";
import type { DirectCosts } from "../../src/allocation/shares/pools.ts";
import type { AllocationSettings, TrueUp } from "../../src/allocation/settings/settings.ts";
import { NOTHING, type Sums } from "./model/sums.ts";
import { trueUp } from "../../src/allocation/shares/true-ups.ts";

/** A usage of a quarter of an hour. */
export interface SlotUsage {
  key: UsageKey;
  /** Milliseconds since 1970. */
  at: number;
  sums: Sums;
}

export interface Span {
  from: Date;
  to: Date;
}

/** Allocates usages in memory, in the order given. */
export function allocateUsages(
  settings: AllocationSettings,
  span: Span,
  usages: readonly SlotUsage[],
  direct?: DirectCosts,
): { allocated: Allocated[]; direct: DirectCosts } {
  const planners = listPeriods(settings, span).map((period) => ({ from: period.from, plan: planner(period), plans: new Map<string, UsagePlan>() }));
  const allocator = new Allocator();
  for (const { key, at, sums } of usages) {
    const period = planners.findLast(({ from }) => from <= at)!;
    const id = JSON.stringify(key);
    const plan = period.plans.get(id) ?? { ...period.plan(key), usage: key, from: period.from };
    period.plans.set(id, plan);
    allocator.add(plan, sums);
  }
  return { allocated: allocator.finish(direct), direct: allocator.direct };
}

/** What invoices add to allocated rows. */
export function truedUp(allocated: readonly Allocated[], trueUps: readonly TrueUp[]): Allocated[] {
  const owned = allocated.map((row) => ({ row, usage: row.plan.usage, from: row.plan.from, team: row.team, tag: row.tag, method: row.method, cost: row.sums.cost }));
  return trueUp(owned, trueUps).map(({ owned: { row }, rule, base, cost }) => ({ ...row, method: "adjustment", rule, base, share: 0n, sums: { ...NOTHING, cost } }));
}

/** Rows of the table as texts, in an order of their own. */
export function rowsOf(allocated: readonly Allocated[]): string[] {
  return listRows(allocated).map((row) => JSON.stringify(row)).toSorted();
}

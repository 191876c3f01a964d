import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { type Allocated, Allocator } from "../../src/allocation/shares/allocate.ts";
import { listRows } from "../../src/allocation/shares/allocation-rows.ts";
import { listPeriods } from "../../src/allocation/settings/periods.ts";
import { type Plan, planner } from "../../src/allocation/shares/plan.ts";
import type { DirectCosts } from "../../src/allocation/shares/pools.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import type { Sums } from "../../src/allocation/shares/sums.ts";

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
  const planners = listPeriods(settings, span).map((period) => ({ from: period.from, plan: planner(period), plans: new Map<string, Plan>() }));
  const allocator = new Allocator();
  for (const { key, at, sums } of usages) {
    const period = planners.findLast(({ from }) => from <= at)!;
    const id = JSON.stringify(key);
    const plan = period.plans.get(id) ?? period.plan(key);
    period.plans.set(id, plan);
    allocator.add(plan, sums);
  }
  return { allocated: allocator.finish(direct), direct: allocator.direct };
}

/** Rows of the table as texts, in an order of their own. */
export function rowsOf(allocated: readonly Allocated[]): string[] {
  return listRows(allocated).map((row) => JSON.stringify(row)).toSorted();
}

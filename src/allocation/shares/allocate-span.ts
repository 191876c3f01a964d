import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import canonicalize from "canonicalize";
import { LedgerError } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { type Allocated, Allocator } from "./allocate.ts";
import { ALLOCATION_VERSION } from "./allocation-version.ts";
import { orderPolicy, orderRule, withoutMaps } from "../settings/ordered-settings.ts";
import { listPeriods, type Period, type Span } from "../settings/periods.ts";
import { planner } from "./plan.ts";
import type { DirectCosts } from "./pools.ts";
import { readUsages } from "./rollup-usage.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { RunningSums } from "./sums.ts";
import { trueUp, trueUpsOf } from "./true-ups.ts";

export interface AllocatedSpan {
  allocated: Allocated[];
  /** Those of them that bring a whole month to what was invoiced. */
  truedUp: Allocated[];
  /** Of all usage that is priced. */
  cost: Nanodollars;
  direct: DirectCosts;
}

/**
 * Allocates the usages of a span, as local `rollups` files have them.
 * @param cuts instants, at starts of quarter hours, whose before and after are not to be summed: `plan.from` tells them apart.
 * @param direct the base of proportional pools, where the span is a part of the month.
 */
export async function allocateSpan(
  duck: DuckDBConnection,
  files: readonly string[],
  span: Span,
  settings: AllocationSettings,
  cuts: readonly Date[] = [],
  direct?: DirectCosts,
): Promise<AllocatedSpan> {
  const periods = listPeriods(settings, span, cuts);
  const planners = periods.map(planner);
  const allocator = new Allocator(settings.version);
  const usage = new RunningSums();
  await readUsages(
    duck,
    files,
    { ...span, changes: periods.slice(1).map(({ from }) => from) },
    (key, period) => {
      const plan = planners[period];
      if (plan === undefined) throw new RangeError(`no period ${String(period)}`);
      return plan(key);
    },
    (plan, sums) => {
      usage.add(sums);
      allocator.add(plan, sums);
    },
  );
  const parts = allocator.finish(direct);
  const truedUp = trueUp(parts, trueUpsOf(settings, span));
  const allocated = [...parts, ...truedUp];
  refuseDifference(usage.cost ?? 0n, allocated);
  return { allocated, truedUp, cost: usage.cost ?? 0n, direct: allocator.direct };
}

/** Everything but the rollups that the span's allocations are a function of, as one text. */
export function describeSettings(settings: AllocationSettings, span: Span): string {
  const periods = listPeriods(settings, span).map(keepOrder);
  const invoices = trueUpsOf(settings, span).map(({ amounts }) => amounts.map(({ provider, model, invoice }) => [provider, model, String(invoice)]));
  // Left out where there are none, so that nothing is allocated anew for want of an invoice.
  const inputs = canonicalize({ version: settings.version ?? ALLOCATION_VERSION, from: span.from.getTime(), to: span.to.getTime(), periods, ...(invoices.length === 0 ? {} : { invoices }) });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}

/** A digest sorts the members of objects; where their order decides who pays they are a list. */
function keepOrder({ from, settings: { rules, policy, ...others } }: Period): object {
  return { from, settings: withoutMaps({ ...others, rules: rules.map(orderRule), policy: policy === null ? null : orderPolicy(policy) }) };
}

/** No table is published whose parts do not add up to the usage, to the nanodollar. */
function refuseDifference(usage: Nanodollars, allocated: readonly Allocated[]): void {
  const sum = allocated.reduce((all, { method, sums }) => all + (method === "adjustment" ? 0n : (sums.cost ?? 0n)), 0n);
  if (sum === usage) return;
  throw new LedgerError("allocation_failed", `${String(sum)} nanodollars were allocated of ${String(usage)}`, {
    remedy: "report this: it is a mistake in aperture-ledger",
  });
}

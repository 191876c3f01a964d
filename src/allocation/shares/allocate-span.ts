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
  /** The rows among them that bring a whole month to its invoice. */
  truedUp: Allocated[];
  /** Cost of all priced usage. */
  cost: Nanodollars;
  direct: DirectCosts;
}

/**
 * Allocates the usages of a span, from local `rollups` files.
 * @param cuts instants, at starts of quarter hours, across which nothing is summed: `plan.from` distinguishes the parts.
 * @param direct the base of proportional pools, where the span is a part of a month.
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

/** Everything that the span's allocations depend on, except the rollups, as one text. */
export function describeSettings(settings: AllocationSettings, span: Span): string {
  const periods = listPeriods(settings, span).map(keepOrder);
  const invoices = trueUpsOf(settings, span).map(({ amounts }) => amounts.map(({ provider, model, invoice }) => [provider, model, String(invoice)]));
  // Left out where there are no true-ups, so that their absence does not make months stale.
  const inputs = canonicalize({ version: settings.version ?? ALLOCATION_VERSION, from: span.from.getTime(), to: span.to.getTime(), periods, ...(invoices.length === 0 ? {} : { invoices }) });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}

/** Digests sort the members of objects; where the order decides who pays, a list keeps it. */
function keepOrder({ from, settings: { rules, policy, ...others } }: Period): object {
  return { from, settings: withoutMaps({ ...others, rules: rules.map(orderRule), policy: policy === null ? null : orderPolicy(policy) }) };
}

/** Throws unless the parts add up to the usage, exact to the nanodollar; such a table is never published. */
function refuseDifference(usage: Nanodollars, allocated: readonly Allocated[]): void {
  const sum = allocated.reduce((all, { method, sums }) => all + (method === "adjustment" ? 0n : (sums.cost ?? 0n)), 0n);
  if (sum === usage) return;
  throw new LedgerError("allocation_failed", `${String(sum)} nanodollars were allocated of ${String(usage)}`, {
    remedy: "report this: it is a mistake in aperture-ledger",
  });
}

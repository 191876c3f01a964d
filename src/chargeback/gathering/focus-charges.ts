import type { Allocated } from "../../allocation/shares/allocate.ts";
import type { FocusCharge, ChargeOwner } from "../focus/charge.ts";
import type { Correction } from "../corrections/correction.ts";
import { adjustmentCharge } from "../focus/other-charges.ts";
import { partsOf } from "../focus/price-parts.ts";
import { splitCharges } from "../focus/split-charges.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { nameUsageKey } from "../../ledger/usage/usage-key.ts";
import type { CostGroup } from "../../prices/sums/cost-groups.ts";

/** Allocations of a day, by the key of their usage. */
type AllocatedByKey = ReadonlyMap<string, readonly Allocated[]>;

/** The charges of a day: its priced usage, split over its owners, and its adjustments. */
export function* chargesOfDay(allocated: AllocatedByKey, groups: readonly CostGroup[], day: { from: Date; to: Date }): Generator<FocusCharge> {
  const byKey = Map.groupBy(groups, ({ usage }) => nameUsageKey(usage));
  const adjustments = [...allocated.values()].flat().filter(({ method }) => method === "adjustment");
  for (const [key, ofKey] of byKey) yield* splitKey(allocated.get(key) ?? [], ofKey, day);
  yield* adjustmentCharges(adjustments, day);
}

/** Charges for discounts, markups and invoices of a day or of a month. */
export function adjustmentCharges(adjustments: readonly Allocated[], { from, to }: { from: Date; to: Date }): FocusCharge[] {
  return adjustments.map((one) => adjustmentCharge(ownerOf(one), one.base, one.sums.cost ?? 0n, { from, to }));
}

function splitKey(allocated: readonly Allocated[], groups: readonly CostGroup[], day: { from: Date; to: Date }): FocusCharge[] {
  const owned = allocated
    .filter(({ method }) => method !== "adjustment")
    .map((one) => ({ owner: ownerOf(one), share: one.share, cost: one.sums.cost ?? 0n, order: JSON.stringify([one.team, one.tag, one.method, one.rule, one.base]) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const parts = groups.flatMap(partsOf);
  const [shared, used] = [owned, parts].map((all) => all.reduce((sum, { cost }) => sum + cost, 0n));
  if (shared !== used) throw allocationDiffers(shared ?? 0n, used ?? 0n, day.from);
  return splitCharges(owned, parts, day);
}

function ownerOf({ plan, team, tag, method, rule }: Allocated): ChargeOwner {
  const { caller, callerType, dimensions, instance, provider, model, billing } = plan.usage;
  const costCenter = plan.costCenterOf(team);
  return { ...named(team, tag), costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule };
}

export function ownerOfCorrection(correction: Correction): ChargeOwner {
  const { team, tag, costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule } = correction;
  return { ...named(team, tag), costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule };
}

/** FOCUS has null where allocations have `(unallocated)` or `(untagged)`. */
function named(team: string, tag: string): Pick<ChargeOwner, "team" | "tag"> {
  return { team: team === UNALLOCATED ? null : team, tag: tag === UNTAGGED ? null : tag };
}

function allocationDiffers(shared: bigint, used: bigint, day: Date): LedgerError {
  return new LedgerError("allocation_differs", `of ${formatDollars(used)} dollars that one key used on the day from ${day.toISOString()} on, ${formatDollars(shared)} are allocated`, {
    remedy: "run aperture-ledger run, then ask again; report it if that does not help",
  });
}

import type { Allocated } from "../../allocation/shares/allocate.ts";
import type { Charge, Owner } from "../focus/charge.ts";
import type { Correction } from "../corrections/correction.ts";
import { adjustmentCharge } from "../focus/other-charges.ts";
import { partsOf } from "../focus/price-parts.ts";
import { splitCharges } from "../focus/split-charges.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { nameUsageKey } from "../../ledger/usage/usage-key.ts";
import type { CostGroup } from "../../prices/sums/cost-groups.ts";

/** What is allocated of a day, by the key of its usage. */
type AllocatedByKey = ReadonlyMap<string, readonly Allocated[]>;

/** The charges of a day: what its requests are made of, split over who owns them, and what adjustments change. */
export function* chargesOfDay(allocated: AllocatedByKey, groups: readonly CostGroup[], day: { from: Date; to: Date }): Generator<Charge> {
  const byKey = Map.groupBy(groups, ({ usage }) => nameUsageKey(usage));
  const adjustments = [...allocated.values()].flat().filter(({ method }) => method === "adjustment");
  for (const [key, ofKey] of byKey) yield* splitKey(allocated.get(key) ?? [], ofKey, day);
  yield* adjustmentCharges(adjustments, day);
}

/** What discounts, markups and invoices change of a day or of a month. */
export function adjustmentCharges(adjustments: readonly Allocated[], { from, to }: { from: Date; to: Date }): Charge[] {
  return adjustments.map((one) => adjustmentCharge(ownerOf(one), one.base, one.sums.cost ?? 0n, { from, to }));
}

function splitKey(allocated: readonly Allocated[], groups: readonly CostGroup[], day: { from: Date; to: Date }): Charge[] {
  const owned = allocated
    .filter(({ method }) => method !== "adjustment")
    .map((one) => ({ owner: ownerOf(one), share: one.share, cost: one.sums.cost ?? 0n, order: JSON.stringify([one.team, one.tag, one.method, one.rule, one.base]) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const parts = groups.flatMap(partsOf);
  const [shared, used] = [owned, parts].map((all) => all.reduce((sum, { cost }) => sum + cost, 0n));
  if (shared !== used) throw allocationDiffers(shared ?? 0n, used ?? 0n, day.from);
  return splitCharges(owned, parts, day);
}

function ownerOf({ plan, team, tag, method, rule }: Allocated): Owner {
  const { caller, callerType, dimensions, instance, provider, model, billing } = plan.usage;
  const costCenter = plan.costCenterOf(team);
  return { ...named(team, tag), costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule };
}

export function ownerOfCorrection(correction: Correction): Owner {
  const { team, tag, costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule } = correction;
  return { ...named(team, tag), costCenter, caller, callerType, dimensions, instance, provider, model, billing, method, rule };
}

/** What stands for nobody and for no tag elsewhere is null in FOCUS. */
function named(team: string, tag: string): Pick<Owner, "team" | "tag"> {
  return { team: team === UNALLOCATED ? null : team, tag: tag === UNTAGGED ? null : tag };
}

function allocationDiffers(shared: bigint, used: bigint, day: Date): LedgerError {
  return new LedgerError("allocation_differs", `of ${formatDollars(used)} dollars that one key used on the day from ${day.toISOString()} on, ${formatDollars(shared)} are allocated`, {
    remedy: "run aperture-ledger run, then ask again; report it if that does not help",
  });
}

import { BILLIONTHS, splitByLargestRemainder } from "../../ledger/money.ts";
import { ascending } from "../../ledger/orders.ts";
import { showPercent } from "./adjustments.ts";
import type { Method } from "./decide.ts";
import type { Part, Plan } from "./plan.ts";
import type { DirectCosts } from "./pools.ts";

/** Who pays and why, as in the `allocations` table. */
export interface Owner {
  team: string;
  costCenter: string | null;
  tag: string;
  method: Method;
  rule: string;
  base: string | null;
}

/** One of the parts that a usage of a way is split into: first by tag, then by team, then over the teams that its pool gives it to. */
export interface Target {
  way: number;
  tag: number;
  part: number;
  /** Place of the part's team in the order of names, among the teams that the pool gives the part to. */
  place: number;
  weight: bigint;
  allWeights: bigint;
  owner: number;
  /** Share of the usage, in units of 1e-9. */
  share: bigint;
  /** Discounts and markups, one after the other, each with the owner of the changed amount. */
  changes: readonly { percent: bigint; owner: number }[];
}

/** Numbers the ways that usages are paid for, and their owners. Usages of many keys may share a way. */
export class Ways {
  /** In order of their numbers. */
  readonly plans: Plan[] = [];
  readonly owners: Owner[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #owners = new Map<string, number>();

  /** The number of the plan's way. */
  add(plan: Plan, period: number): number {
    const name = nameWay(plan, period);
    const known = this.#numbers.get(name) ?? this.plans.length;
    if (known === this.plans.length) {
      this.#numbers.set(name, known);
      this.plans.push(plan);
    }
    return known;
  }

  ownerOf(owner: Owner): number {
    const { team, costCenter, tag, method, rule, base } = owner;
    const name = JSON.stringify([team, costCenter, tag, method, rule, base]);
    const known = this.#owners.get(name) ?? this.owners.length;
    if (known === this.owners.length) {
      this.#owners.set(name, known);
      this.owners.push(owner);
    }
    return known;
  }

  /** The targets of every way's usages. @param direct costs that proportional pools spread by */
  listTargets(direct: DirectCosts): Target[] {
    return this.plans.flatMap((plan, way) => {
      const ofTags = splitByLargestRemainder(BILLIONTHS, plan.tags);
      return plan.tags.flatMap(({ name: tag }, tagNumber) => {
        const ofParts = splitByLargestRemainder(ofTags[tagNumber] ?? 0n, plan.parts);
        return plan.parts.flatMap((part, number) => this.#spread(plan, part, { tag, share: ofParts[number] ?? 0n }, direct).map((target) => ({ ...target, way, tag: tagNumber, part: number })));
      });
    });
  }

  #spread(plan: Plan, part: Part, { tag, share }: { tag: string; share: bigint }, direct: DirectCosts): Omit<Target, "way" | "tag" | "part">[] {
    const { pool } = part;
    const given = (pool?.sharesGiven(direct) ?? []).map((one) => ({ ...one, name: one.team }));
    if (pool === null || given.length === 0) {
      const settled = this.#settle(plan, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base });
      return [{ place: 0, weight: 1n, allWeights: 1n, share, ...settled }];
    }
    const shares = splitByLargestRemainder(share, given);
    const [places, allWeights] = [placesOf(given), sumWeights(given)];
    return given.map(({ team, base, weight }, index) => ({
      place: places[index] ?? 0,
      weight,
      allWeights,
      share: shares[index] ?? 0n,
      ...this.#settle(plan, { team, tag, method: pool.method, rule: pool.name, base }),
    }));
  }

  #settle(plan: Plan, { team, tag, method, rule, base }: Omit<Owner, "costCenter">): Pick<Target, "owner" | "changes"> {
    const costCenter = plan.costCenterOf(team);
    const changes = plan.adjustmentsOf(team).map((adjustment) => ({
      percent: adjustment.percent,
      owner: this.ownerOf({ team, costCenter, tag, method: "adjustment", rule: adjustment.name, base: showPercent(adjustment) }),
    }));
    return { owner: this.ownerOf({ team, costCenter, tag, method, rule, base }), changes };
  }
}

/** The place of each share in the order of names; shares of one name are in the order given. */
export function placesOf(shares: readonly { name: string }[]): number[] {
  const inOrder = [...shares.keys()].sort((a, b) => ascending(shares[a]?.name ?? "", shares[b]?.name ?? "") || a - b);
  const places = shares.map(() => 0);
  for (const [place, index] of inOrder.entries()) places[index] = place;
  return places;
}

export function sumWeights(parts: readonly { weight: bigint }[]): bigint {
  return parts.reduce((sum, { weight }) => sum + weight, 0n);
}

/** Equal exactly for plans that split and adjust alike, whatever usage they are for. */
function nameWay({ isOwed, tags, parts, payers, adjustmentsOf }: Plan, period: number): string {
  const adjusted = payers.map((team) => adjustmentsOf(team).map(({ name, percent }) => [name, String(percent)]));
  return JSON.stringify([
    period,
    isOwed,
    tags.map(({ name }) => name),
    parts.map(({ team, weight, method, rule, base, pool }) => [team, String(weight), method, rule, base, pool?.number ?? null]),
    adjusted.some((changes) => changes.length > 0) ? [payers, adjusted] : [],
  ]);
}

import { divideRounding } from "../money.ts";
import { adjustCost, isOwed, showPercent } from "./adjustments.ts";
import type { Method } from "./decide.ts";
import type { Part, Plan } from "./plan.ts";
import type { DirectCosts } from "./pools.ts";
import { addSums, NOTHING, splitSums, type Sums } from "./sums.ts";

/** What a team pays for usages of one key, by one rule. */
export interface Allocated {
  plan: Plan;
  team: string;
  tag: string;
  method: Method;
  rule: string;
  base: string | null;
  /** Of the usage, in units of 1e-9; 0 for adjustments. */
  share: bigint;
  sums: Sums;
}

interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

type RowKey = Omit<Allocated, "plan" | "share" | "sums"> & { fraction: Fraction };

interface Pooled {
  plan: Plan;
  part: Part;
  tag: string;
  fraction: Fraction;
  sums: Sums;
}

/**
 * Splits usages over tags, then over teams, then spreads shared costs, then adjusts. Every step is exact: what comes out,
 * adjustments aside, adds up to what went in. The order in which usages are added changes nothing.
 */
export class Allocator {
  readonly #rows = new Map<Plan, Map<string, Allocated>>();
  readonly #pooled: Pooled[] = [];
  readonly #direct = new Map<string, bigint>();

  /** Adds a usage that is split by itself: where `plan.isSplit`, one of a quarter of an hour at the most. */
  add(plan: Plan, sums: Sums): void {
    const ofTags = splitSums(sums, plan.tags);
    const weights = plan.parts.reduce((sum, { weight }) => sum + weight, 0n);
    for (const [index, { name: tag }] of plan.tags.entries()) {
      const ofTeams = splitSums(ofTags[index] ?? NOTHING, plan.parts);
      for (const [position, part] of plan.parts.entries()) {
        const fraction = { numerator: part.weight, denominator: weights * BigInt(plan.tags.length) };
        this.#addPart({ plan, part, tag, fraction, sums: ofTeams[position] ?? NOTHING });
      }
    }
  }

  #addPart(pooled: Pooled): void {
    const { plan, part, tag, fraction, sums } = pooled;
    if (part.pool !== null) {
      this.#pooled.push(pooled);
      return;
    }
    if (isOwed(plan.usage.billing)) this.#direct.set(part.team, (this.#direct.get(part.team) ?? 0n) + (sums.cost ?? 0n));
    this.#settle(plan, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base, fraction }, sums);
  }

  /** @param direct the base of proportional pools: by default the direct costs of all that was added. */
  finish(direct: DirectCosts = this.#direct): Allocated[] {
    for (const pooled of this.#pooled.splice(0)) this.#spread(pooled, direct);
    return [...this.#rows.values()].flatMap((rows) => [...rows.values()]);
  }

  /** Direct costs of all that was added. */
  get direct(): DirectCosts {
    return this.#direct;
  }

  #spread({ plan, part, tag, fraction, sums }: Pooled, direct: DirectCosts): void {
    const { pool } = part;
    const shares = (pool?.sharesGiven(direct) ?? []).map((share) => ({ ...share, name: share.team }));
    if (pool === null || shares.length === 0) {
      this.#settle(plan, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base, fraction }, sums);
      return;
    }
    const split = splitSums(sums, shares);
    const weights = shares.reduce((sum, { weight }) => sum + weight, 0n);
    for (const [index, { team, weight, base }] of shares.entries()) {
      const ofAll = { numerator: fraction.numerator * weight, denominator: fraction.denominator * weights };
      this.#settle(plan, { team, tag, method: pool.method, rule: pool.name, base, fraction: ofAll }, split[index] ?? NOTHING);
    }
  }

  #settle(plan: Plan, key: RowKey, sums: Sums): void {
    this.#collect(plan, key, sums);
    if (sums.cost === null) return;
    const adjustments = plan.adjustmentsOf(key.team);
    for (const [index, change] of adjustCost(sums.cost, adjustments).entries()) {
      const adjustment = adjustments[index];
      if (adjustment === undefined || change === 0n) continue;
      const fraction = { numerator: 0n, denominator: 1n };
      const adjusted: RowKey = { team: key.team, tag: key.tag, method: "adjustment", rule: adjustment.name, base: showPercent(adjustment), fraction };
      this.#collect(plan, adjusted, { ...NOTHING, cost: change });
    }
  }

  #collect(plan: Plan, { fraction, ...key }: RowKey, sums: Sums): void {
    const rows = this.#rows.get(plan) ?? new Map<string, Allocated>();
    this.#rows.set(plan, rows);
    const id = JSON.stringify([key.team, key.tag, key.method, key.rule, key.base]);
    const share = divideRounding(fraction.numerator * 1_000_000_000n, fraction.denominator);
    const row = rows.get(id) ?? { plan, ...key, share, sums: NOTHING };
    row.sums = addSums(row.sums, sums);
    rows.set(id, row);
  }
}

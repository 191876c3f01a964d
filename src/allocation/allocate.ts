import { splitByLargestRemainder } from "../money.ts";
import { adjustCost, isOwed, showPercent } from "./adjustments.ts";
import type { Method } from "./decide.ts";
import type { Part, Plan } from "./plan.ts";
import type { DirectCosts } from "./pools.ts";
import { addSums, NOTHING, splitSums, type Sums } from "./sums.ts";

const WHOLE = 1_000_000_000n;

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

/** What a part of a plan gives to a row. */
interface Given {
  part: Part;
  tag: string;
  /** Of the usage, in units of 1e-9: split like everything else, so that the shares of a usage are the whole of it. */
  share: bigint;
  sums: Sums;
}

interface Row extends Omit<Allocated, "share"> {
  /** A team may get its row from several parts: each has its share once, however many usages it gives. */
  shares: Map<Part, bigint>;
}

type RowName = Pick<Allocated, "team" | "tag" | "method" | "rule" | "base">;

/**
 * Splits usages over tags, then over teams, then spreads shared costs, then adjusts. Every step is exact: what comes out,
 * adjustments aside, adds up to what went in. The order in which usages are added changes nothing.
 */
export class Allocator {
  readonly #rows = new Map<Plan, Map<string, Row>>();
  readonly #pooled: { plan: Plan; given: Given }[] = [];
  readonly #direct = new Map<string, bigint>();

  /** Adds a usage that is split by itself: where `plan.isSplit`, one of a quarter of an hour at the most. */
  add(plan: Plan, sums: Sums): void {
    const ofTags = splitSums(sums, plan.tags);
    const tagShares = splitByLargestRemainder(WHOLE, plan.tags);
    for (const [index, { name: tag }] of plan.tags.entries()) {
      const ofTeams = splitSums(ofTags[index] ?? NOTHING, plan.parts);
      const shares = splitByLargestRemainder(tagShares[index] ?? 0n, plan.parts);
      for (const [position, part] of plan.parts.entries()) {
        this.#give(plan, { part, tag, share: shares[position] ?? 0n, sums: ofTeams[position] ?? NOTHING });
      }
    }
  }

  /** @param direct the base of proportional pools: by default the direct costs of all that was added. */
  finish(direct: DirectCosts = this.#direct): Allocated[] {
    for (const { plan, given } of this.#pooled.splice(0)) this.#spread(plan, given, direct);
    const rows = [...this.#rows.values()].flatMap((ofPlan) => [...ofPlan.values()]);
    return rows.map(({ shares, ...row }) => ({ ...row, share: [...shares.values()].reduce((sum, share) => sum + share, 0n) }));
  }

  /** Direct costs of all that was added. */
  get direct(): DirectCosts {
    return this.#direct;
  }

  #give(plan: Plan, given: Given): void {
    const { part, tag, sums } = given;
    if (part.pool !== null) {
      this.#pooled.push({ plan, given });
      return;
    }
    if (isOwed(plan.usage.billing)) this.#direct.set(part.team, (this.#direct.get(part.team) ?? 0n) + (sums.cost ?? 0n));
    this.#settle(plan, given, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base });
  }

  #spread(plan: Plan, given: Given, direct: DirectCosts): void {
    const { part, tag, sums } = given;
    const { pool } = part;
    const shares = (pool?.sharesGiven(direct) ?? []).map((share) => ({ ...share, name: share.team }));
    if (pool === null || shares.length === 0) {
      this.#settle(plan, given, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base });
      return;
    }
    const split = splitSums(sums, shares);
    const spreadShares = splitByLargestRemainder(given.share, shares);
    for (const [index, { team, base }] of shares.entries()) {
      const spread = { ...given, share: spreadShares[index] ?? 0n, sums: split[index] ?? NOTHING };
      this.#settle(plan, spread, { team, tag, method: pool.method, rule: pool.name, base });
    }
  }

  #settle(plan: Plan, { part, share, sums }: Given, name: RowName): void {
    const row = this.#rowOf(plan, name);
    row.shares.set(part, share);
    row.sums = addSums(row.sums, sums);
    if (sums.cost === null) return;
    const adjustments = plan.adjustmentsOf(name.team);
    for (const [index, change] of adjustCost(sums.cost, adjustments).entries()) {
      const adjustment = adjustments[index];
      if (adjustment === undefined || change === 0n) continue;
      const adjusted = this.#rowOf(plan, { ...name, method: "adjustment", rule: adjustment.name, base: showPercent(adjustment) });
      adjusted.sums = addSums(adjusted.sums, { ...NOTHING, cost: change });
    }
  }

  #rowOf(plan: Plan, name: RowName): Row {
    const rows = this.#rows.get(plan) ?? new Map<string, Row>();
    this.#rows.set(plan, rows);
    const id = JSON.stringify([name.team, name.tag, name.method, name.rule, name.base]);
    const row = rows.get(id) ?? { plan, ...name, shares: new Map<Part, bigint>(), sums: NOTHING };
    rows.set(id, row);
    return row;
  }
}

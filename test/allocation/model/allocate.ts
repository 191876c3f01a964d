import { BILLIONTHS, splitByLargestRemainder } from "../../../src/ledger/money.ts";
import { adjustCost, showPercent } from "../../../src/allocation/shares/adjustments.ts";
import { ALLOCATION_VERSION, type AllocationVersion } from "../../../src/allocation/shares/allocation-version.ts";
import type { Method } from "../../../src/allocation/shares/decide.ts";
import type { Part, Plan } from "../../../src/allocation/shares/plan.ts";
import type { DirectCosts } from "../../../src/allocation/shares/pools.ts";
import type { UsageKey } from "../../../src/ledger/usage/usage-key.ts";
import { addSums, NOTHING, RunningSums, splitSums, type Sums } from "./sums.ts";

/** How the usages of a key are paid for in a period. */
export interface UsagePlan extends Plan {
  usage: UsageKey;
  /** Beginning of the period in milliseconds since 1970. */
  from: number;
}

/** A team's part of the usages of one key, by one rule. */
export interface Allocated {
  plan: UsagePlan;
  team: string;
  tag: string;
  method: Method;
  rule: string;
  base: string | null;
  /** Share of the usage, in units of 1e-9; 0 for adjustments. */
  share: bigint;
  sums: Sums;
}

/** The contribution of a part of a plan to a row. */
interface Given {
  part: Part;
  tag: string;
  /** Share of the usage, in units of 1e-9: split like every figure, so that the shares of a usage add up to 1. */
  share: bigint;
  sums: Sums;
}

/** Sums of the contributions of one part of a plan to a team under one tag, or of one adjustment of them. */
interface Row extends Allocated {
  sums: RunningSums;
}

type RowName = Pick<Allocated, "team" | "tag" | "method" | "rule" | "base">;

/**
 * The allocation as one reads it, usage by usage: what the SQL of `src/allocation/shares` is compared with.
 * Splits usages by tag, then by team, then spreads shared costs, then adjusts. Every step is exact: the result, except for adjustments,
 * adds up to the input. It does not depend on the order in which usages are added.
 */
export class Allocator {
  readonly #rows = new Map<UsagePlan, Map<string, Row>>();
  readonly #pooled: { plan: UsagePlan; given: Given }[] = [];
  readonly #direct = new Map<string, bigint>();
  readonly #version: AllocationVersion;

  /** @param version of the calculation; the current one by default. */
  constructor(version: AllocationVersion = ALLOCATION_VERSION) {
    this.#version = version;
  }

  /** Adds a usage that is split separately: where `plan.isSplit`, it covers at most a quarter of an hour. */
  add(plan: UsagePlan, sums: Sums): void {
    const ofTags = splitSums(sums, plan.tags);
    const tagShares = splitByLargestRemainder(BILLIONTHS, plan.tags);
    for (const [index, { name: tag }] of plan.tags.entries()) {
      const ofTeams = splitSums(ofTags[index] ?? NOTHING, plan.parts);
      const shares = splitByLargestRemainder(tagShares[index] ?? 0n, plan.parts);
      for (const [position, part] of plan.parts.entries()) {
        this.#give(plan, { part, tag, share: shares[position] ?? 0n, sums: ofTeams[position] ?? NOTHING });
      }
    }
  }

  /** @param direct the base of proportional pools: by default the direct costs of all added usages. */
  finish(direct: DirectCosts = this.#direct): Allocated[] {
    for (const { plan, given } of this.#pooled.splice(0)) this.#spread(plan, given, direct);
    return [...this.#rows.values()].flatMap((ofPlan) => mergeRows([...ofPlan.values()]));
  }

  /** Direct costs of all added usages. */
  get direct(): DirectCosts {
    return this.#direct;
  }

  #give(plan: UsagePlan, given: Given): void {
    const { part, tag, sums } = given;
    const isDirect = this.#version > 1 || part.pool === null;
    if (isDirect && plan.isOwed) this.#direct.set(part.team, (this.#direct.get(part.team) ?? 0n) + (sums.cost ?? 0n));
    if (part.pool !== null) {
      this.#pooled.push({ plan, given });
      return;
    }
    this.#settle(plan, given, { team: part.team, tag, method: part.method, rule: part.rule, base: part.base });
  }

  #spread(plan: UsagePlan, given: Given, direct: DirectCosts): void {
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

  #settle(plan: UsagePlan, { part, share, sums }: Given, name: RowName): void {
    const place = JSON.stringify([plan.parts.indexOf(part), name.tag, name.team]);
    this.#rowAt(plan, place, { ...name, share }).sums.add(sums);
    if (sums.cost === null) return;
    const adjustments = plan.adjustmentsOf(name.team);
    if (adjustments.length === 0) return;
    for (const [index, change] of adjustCost(sums.cost, adjustments).entries()) {
      const adjustment = adjustments[index];
      if (adjustment === undefined || change === 0n) continue;
      const adjusted = { ...name, method: "adjustment", rule: adjustment.name, base: showPercent(adjustment), share: 0n } as const;
      this.#rowAt(plan, `${String(index)} of ${place}`, adjusted).sums.addCost(change);
    }
  }

  /** @param place identifies a row within its plan. */
  #rowAt(plan: UsagePlan, place: string, name: RowName & { share: bigint }): Row {
    const rows = this.#rows.get(plan) ?? new Map<string, Row>();
    const known = rows.get(place);
    if (known !== undefined) return known;
    const row = { plan, ...name, sums: new RunningSums() };
    this.#rows.set(plan, rows.set(place, row));
    return row;
  }
}

/** Merges equal rows: several parts of a plan may give a team the same row. */
function mergeRows(rows: readonly Row[]): Allocated[] {
  const merged = new Map<string, Allocated>();
  for (const row of rows) {
    const id = JSON.stringify([row.team, row.tag, row.method, row.rule, row.base]);
    const known = merged.get(id);
    merged.set(id, known === undefined ? row : { ...row, share: known.share + row.share, sums: addSums(known.sums, row.sums) });
  }
  return [...merged.values()];
}

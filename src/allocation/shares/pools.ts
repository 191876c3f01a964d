import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { compileCondition, type Subject } from "./conditions.ts";
import { type Method, sharesOf, type TeamShare } from "./decide.ts";
import type { Directory } from "../settings/directory.ts";
import type { PoolInForce } from "../settings/in-force.ts";

/** Direct cost by team: what rules and the directory make a team owe in the whole month, before pools take anything of it. */
export type DirectCosts = ReadonlyMap<string, Nanodollars>;

interface PoolShare extends TeamShare {
  /** Of what the share is a part, in words. */
  base: string;
}

export interface Pool {
  name: string;
  method: Method;
  /** Whether the pool takes the part of a usage that a team would pay. */
  takes: (subject: Subject) => boolean;
  /** At least one team, or none where there is nobody to spread it over. */
  sharesGiven: (direct: DirectCosts) => PoolShare[];
}

const METHODS = { even: "pool_even", proportional: "pool_proportional" } as const satisfies Record<string, Method>;

export function compilePools(pools: readonly PoolInForce[], directory: Directory): Pool[] {
  const pooled = new Set(pools.flatMap(teamsPooled));
  const others = [...directory.teams.keys()].filter((team) => !pooled.has(team));
  return pools.map((pool) => {
    const { name, when, spread, over = others } = pool;
    return {
      name,
      method: typeof spread === "string" ? METHODS[spread] : "pool_weights",
      takes: compileCondition(when),
      sharesGiven: (direct) => {
        if (typeof spread !== "string") return byWeight(sharesOf(spread), (weight) => String(Number(weight) / 1000));
        return spread === "even" ? evenly(over) : byDirectCost(over, direct);
      },
    };
  });
}

/** Teams whose cost a pool takes by their name: they take no part in others. */
export function teamsPooled({ when }: Pick<PoolInForce, "when">): string[] {
  const team = when.get("team");
  return typeof team === "string" ? [team] : [...(team ?? [])];
}

/** Where none of the teams has any direct cost, evenly. */
function byDirectCost(teams: readonly string[], direct: DirectCosts): PoolShare[] {
  const shares = teams.map((team) => ({ team, weight: direct.get(team) ?? 0n })).filter(({ weight }) => weight > 0n);
  if (shares.length === 0) return evenly(teams).map((share) => ({ ...share, base: `${share.base}: none has a direct cost` }));
  return byWeight(shares, (weight) => `$${formatDollars(weight)}`);
}

function evenly(teams: readonly string[]): PoolShare[] {
  return byWeight(teams.map((team) => ({ team, weight: 1n })), String);
}

function byWeight(shares: readonly TeamShare[], show: (weight: bigint) => string): PoolShare[] {
  const all = show(shares.reduce((sum, { weight }) => sum + weight, 0n));
  return shares.map((share) => ({ ...share, base: `${show(share.weight)} of ${all}` }));
}

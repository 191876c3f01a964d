import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { compileCondition, type Subject } from "./conditions.ts";
import { type Method, sharesOf, type TeamShare } from "./decide.ts";
import type { Directory } from "../settings/directory.ts";
import type { PoolInForce } from "../settings/in-force.ts";

/** Direct cost by team: the cost of the whole month that rules and directory assign to a team, before pools take parts of it. */
export type DirectCosts = ReadonlyMap<string, Nanodollars>;

interface PoolShare extends TeamShare {
  /** What the share is relative to, in words. */
  base: string;
}

export interface Pool {
  /** Place of the pool among the pools in force. */
  number: number;
  name: string;
  /** The teams that may get a part. */
  recipients: readonly string[];
  method: Method;
  /** Whether the pool takes a team's part of a usage. */
  takes: (subject: Subject) => boolean;
  /** The teams with their shares; empty where there is no team to spread the cost over. */
  sharesGiven: (direct: DirectCosts) => PoolShare[];
}

const METHODS = { even: "pool_even", proportional: "pool_proportional" } as const satisfies Record<string, Method>;

export function compilePools(pools: readonly PoolInForce[], directory: Directory): Pool[] {
  const pooled = new Set(pools.flatMap(teamsPooled));
  const others = [...directory.teams.keys()].filter((team) => !pooled.has(team));
  return pools.map((pool, number) => {
    const { name, when, spread, over = others } = pool;
    return {
      number,
      name,
      recipients: typeof spread === "string" ? over : sharesOf(spread).map(({ team }) => team),
      method: typeof spread === "string" ? METHODS[spread] : "pool_weights",
      takes: compileCondition(when),
      sharesGiven: (direct) => {
        if (typeof spread !== "string") return byWeight(sharesOf(spread), (weight) => String(Number(weight) / 1000));
        return spread === "even" ? evenly(over) : byDirectCost(over, direct);
      },
    };
  });
}

/** Teams that a pool names as its source: they do not receive shares of other pools. */
export function teamsPooled({ when }: Pick<PoolInForce, "when">): string[] {
  const team = when.get("team");
  return typeof team === "string" ? [team] : [...(team ?? [])];
}

/** Falls back to equal shares where no team has a direct cost. */
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

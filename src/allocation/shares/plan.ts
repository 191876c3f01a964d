import type { Share } from "../../ledger/money.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import { type Adjustment, adjustmentFinder, isOwed } from "./adjustments.ts";
import { decider, describeSubject, type Method } from "./decide.ts";
import { openDirectory } from "../settings/directory.ts";
import type { Period } from "../settings/periods.ts";
import { compilePools, type Pool } from "./pools.ts";

/** How every usage of one key is split during a period in which no rule changes. */
export interface Plan {
  /** False for list values. */
  isOwed: boolean;
  /** Every tag gets the same part; usage without tags has one part. */
  tags: readonly Share[];
  parts: readonly Part[];
  /** Whether tags, teams or a pool divide the usage: then each quarter of an hour is split separately, so that a month is the sum of its parts. */
  isDivided: boolean;
  /** The teams that may pay a part, those of pools included. */
  payers: readonly string[];
  costCenterOf: (team: string) => string | null;
  adjustmentsOf: (team: string) => readonly Adjustment[];
}

export interface Part extends Share {
  team: string;
  method: Method;
  rule: string;
  base: string | null;
  /** The pool that takes this part from the team and spreads it. */
  pool: Pool | null;
}

export type PlanUsage = (usage: UsageKey) => Plan;

/** Compiles the settings in force into a function from a usage to its plan. */
export function planner({ settings }: Pick<Period, "settings">): PlanUsage {
  const directory = openDirectory(settings);
  const decide = decider(settings, directory);
  const pools = compilePools(settings.pools, directory);
  const findAdjustments = adjustmentFinder(settings.adjustments);

  return (usage) => {
    const { method, rule, shares } = decide(usage);
    const subject = describeSubject(usage, directory.teamsOf(usage), directory);
    const all = shares.reduce((sum, { weight }) => sum + weight, 0n);
    const parts = shares.map(({ team, weight }): Part => {
      const base = shares.length === 1 ? null : `${showWeight(weight, method)} of ${showWeight(all, method)}`;
      return { name: team, team, weight, method, rule, base, pool: pools.find(({ takes }) => takes({ ...subject, team })) ?? null };
    });
    const tags = (usage.tags.length === 0 ? [UNTAGGED] : usage.tags).map((name) => ({ name, weight: 1n }));
    const adjustments = new Map<string, readonly Adjustment[]>();
    return {
      isOwed: isOwed(usage.billing),
      tags,
      parts,
      isDivided: tags.length > 1 || parts.length > 1 || parts.some(({ pool }) => pool !== null),
      payers: [...new Set(parts.flatMap(({ team, pool }) => [team, ...(pool?.recipients ?? [])]))],
      costCenterOf: (team) => directory.teams.get(team)?.costCenter ?? null,
      adjustmentsOf: (team) => {
        const known = adjustments.get(team) ?? findAdjustments({ ...subject, team });
        adjustments.set(team, known);
        return known;
      },
    };
  };
}

function showWeight(weight: bigint, method: Method): string {
  return method === "split_weights" ? String(Number(weight) / 1000) : String(weight);
}

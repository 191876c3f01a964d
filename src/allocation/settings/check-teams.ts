import { LedgerError } from "../../ledger/errors.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { matchAny } from "../../ledger/names/written-name.ts";
import { teamsPooled } from "../shares/pools.ts";
import type { AllocationSettings } from "./settings.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** Throws `config_invalid` for a rule, pool, adjustment or charge that names a team that never had a member. */
export function checkTeams(settings: AllocationSettings): void {
  const known = knownTeams(settings);
  for (const { name, where } of teamsNamed(settings)) {
    if (known.has(name) || name === UNALLOCATED) continue;
    throw new LedgerError("config_invalid", `${where} names the team ${JSON.stringify(name)}, which is neither in directory.teams nor a group of the policy`, {
      remedy: `correct the name or add the team; known teams are ${listSome([...known].sort()) || "none"}`,
    });
  }
  checkPools(settings);
}

/** Every current and former team of the directory and the policies. */
export function knownTeams(settings: AllocationSettings): Set<string> {
  return new Set([...settings.teams.map(({ name }) => name), ...teamsOfPolicies(settings)]);
}

function teamsOfPolicies({ policies, ignoredGroups }: AllocationSettings): string[] {
  const isIgnored = matchAny(ignoredGroups);
  const groups = policies.flatMap(({ policy }) => [...policy.groups.keys()]);
  return groups.filter((group) => !isIgnored(group)).map((group) => group.slice("group:".length));
}

interface Named {
  name: string;
  /** Position of the entry in the configuration. */
  where: string;
}

function teamsNamed({ rules, pools, adjustments, charges = [] }: AllocationSettings): Named[] {
  const inRules = rules.flatMap(({ team, teams, primary, split, when }, index) => {
    const wanted = when.get("teams");
    const names = [
      team ?? [],
      [...(teams?.values() ?? [])],
      primary === undefined || primary === true ? [] : primary,
      split === undefined || split === "even" ? [] : [...split.keys()],
      wanted === "none" || wanted === "several" ? [] : (wanted ?? []),
    ].flat();
    return names.map((name) => ({ name, where: `allocation.rules[${String(index)}]` }));
  });
  const inPools = pools.flatMap(({ name: pool, spread, over = [], when }) => {
    const names = [...(typeof spread === "string" ? [] : [...spread.keys()]), ...over, ...teamsPooled({ when })];
    return names.map((name) => ({ name, where: `the pool ${pool}` }));
  });
  const inAdjustments = adjustments.flatMap(({ name: adjustment, when }) => {
    return teamsPooled({ when }).map((name) => ({ name, where: `the adjustment ${adjustment}` }));
  });
  const inCharges = charges.flatMap(({ name: charge, spread, when }) => {
    return [...(typeof spread === "string" ? [] : spread.keys()), ...teamsPooled({ when })].map((name) => ({ name, where: `the charge ${charge}` }));
  });
  return [...inRules, ...inPools, ...inAdjustments, ...inCharges];
}

/** A team whose own cost is pooled could never pay the share that a different pool gives it. */
function checkPools({ pools }: AllocationSettings): void {
  const pooled = new Map(pools.flatMap((pool) => teamsPooled(pool).map((team) => [team, pool.name])));
  for (const { name, spread, over = [] } of pools) {
    const takers = [...over, ...(typeof spread === "string" ? [] : [...spread.keys()])];
    const wrong = takers.find((team) => pooled.has(team));
    if (wrong === undefined) continue;
    throw new LedgerError("config_invalid", `the pool ${name} is spread over ${wrong}, whose own cost the pool ${pooled.get(wrong) ?? ""} takes`, {
      remedy: "leave the team out of over and of the weights, or do not pool it",
    });
  }
}

import type { AllocationSettings, TrueUp } from "../allocation/settings/settings.ts";
import type { Config } from "../config/config.ts";
import type { TailnetPolicy } from "../ledger/gateway/tailnet-policy.ts";
import { configuredCharges } from "./configured-charges.ts";
import { keepMaps } from "../ledger/names/written-map.ts";

/** Who pays: what the configuration says, the policies by time, and the true-ups. */
export function allocationSettings(
  { timezone, directory, allocation, charges }: Config,
  policies: readonly (TailnetPolicy & { date: string })[],
  trueUps: readonly TrueUp[] = [],
): AllocationSettings {
  const { several, rules, pools, adjustments } = allocation;
  return {
    timezone,
    teams: directory.teams,
    ignoredGroups: directory.ignore_groups,
    several,
    rules,
    pools,
    adjustments,
    ...(charges.length === 0 ? {} : { charges: configuredCharges(charges) }),
    policies: policiesByGroups(policies),
    trueUps: trueUps.map(({ month, amounts, charges: invoiced }) => ({ month, amounts, ...(invoiced === undefined ? {} : { charges: invoiced }) })),
  };
}

/** Leaves out a policy that differs from the one before it only in its grants: grants decide who is let in, not who pays. */
function policiesByGroups(policies: readonly (TailnetPolicy & { date: string })[]): AllocationSettings["policies"] {
  let before = "";
  return policies.flatMap(({ date, groups, tagOwners }) => {
    const policy = { groups, tagOwners };
    const described = JSON.stringify(keepMaps(policy));
    if (described === before) return [];
    before = described;
    return [{ date, policy }];
  });
}

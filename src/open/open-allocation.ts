import type { AllocationSettings, TrueUp } from "../allocation/settings/settings.ts";
import { fetchPolicy } from "../aperture/gateway/fetch-policy.ts";
import { type Config, toLocation } from "../config/config.ts";
import { dayOf } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { keepPolicySnapshot, loadPolicySnapshots, type PolicySnapshot } from "../lake/records/policy-snapshots.ts";
import { loadTrueUps } from "../lake/records/true-ups.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { TailnetPolicy } from "../ledger/gateway/tailnet-policy.ts";
import { openStore } from "../storage/open-store.ts";
import { keepMaps } from "../ledger/names/written-map.ts";
import type { Gateway, LedgerServices } from "./ledger-services.ts";
import { openErasureKey, openSigningKey } from "./open-archiving.ts";
import { aliasErased } from "./open-erased.ts";

/** Who pays, by the configuration and by the tailnet policy as it was at each time. */
export async function openAllocation(config: Config, lake: ObjectStore, services: LedgerServices, gateway: Gateway): Promise<AllocationSettings> {
  const settings = allocationSettings(config, await policySnapshots(config, lake, services, gateway), await loadTrueUps(lake));
  const archive = config.archive.url === undefined ? lake : await openStore(toLocation(config.archive.url));
  const keys = { erasureKey: await openErasureKey(config.archive), signingKey: await openSigningKey(config) };
  return await aliasErased(settings, archive, config.sources.map(({ name }) => name), keys);
}

export function allocationSettings(
  { timezone, directory, allocation }: Config,
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
    policies: policiesByGroups(policies),
    trueUps: trueUps.map(({ month, amounts }) => ({ month, amounts })),
  };
}

/** Without those that differ in their grants alone: these decide what is let in, not who pays. */
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

/** A policy that cannot be read is as it was when it was last read; one that never could be is an error: nobody's team would be known. */
export async function policySnapshots({ directory, timezone }: Config, lake: ObjectStore, { clock, log }: LedgerServices, gateway: Gateway): Promise<PolicySnapshot[]> {
  if (directory.policy === undefined) return [];
  const snapshots = await loadPolicySnapshots(lake);
  if (gateway === "is as kept" && snapshots.length > 0) return snapshots;
  try {
    const policy = await fetchPolicy(directory.policy);
    return await keepPolicySnapshot(lake, snapshots, policy, dayOf(clock(), timezone));
  } catch (error) {
    const unreadable = error instanceof LedgerError && error.code === "config_unreadable";
    if (!unreadable || snapshots.length === 0) throw error;
    log.warn({ err: error }, "the tailnet policy cannot be read; the last one kept is used");
    return snapshots;
  }
}

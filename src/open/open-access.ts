import type { GrantedAccess, JudgedGateway, JudgedVersion } from "../limits/review-access.ts";
import { fetchGatewayConfig } from "../aperture/gateway/fetch-gateway-config.ts";
import { fetchPolicy } from "../aperture/gateway/fetch-policy.ts";
import type { CloseRecord } from "../lake/records/close-record.ts";
import { digestGateway, judgingSnapshot, loadGatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
import { digestPolicy, loadPolicySnapshots, type PolicySnapshot } from "../lake/records/policy-snapshots.ts";
import { openArchiving } from "./archive-settings.ts";
import { findErasedCallers } from "./erased-callers.ts";
import { openArchive } from "./open-stores.ts";
import { dayOf } from "../ledger/days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";

/**
 * Reads the current grants of the gateways and the tailnet policy, and stores nothing. The result names the lake's snapshots that have the same content.
 * Throws `usage` if no gateway's configuration is set.
 */
export async function openAccess(lake: ObjectStore, { sources, aperture, directory, timezone }: Config, now: Date): Promise<GrantedAccess> {
  const snapshots = await loadGatewaySnapshots(lake);
  const access = new Map<string, JudgedGateway>();
  for (const { name, config: own } of sources) {
    const url = own ?? aperture.config;
    if (url === undefined) continue;
    const config = await fetchGatewayConfig(url);
    const kept = judgingSnapshot(snapshots.get(name) ?? [], now);
    const version = versionOf(digestGateway(config), kept && { sha256: digestGateway(kept), since: kept.taken_at });
    access.set(name, { grants: config.access.grants, providers: config.providers, version });
  }
  if (access.size === 0) throw sources.length === 0 ? noSource() : noConfiguration();
  const fetched = directory.policy === undefined ? null : await fetchPolicy(directory.policy);
  const kept = policyAt(await loadPolicySnapshots(lake), now, timezone);
  return {
    close: null,
    instances: sources.map(({ name }) => name),
    accessOf: (instance) => access.get(instance),
    tailnetGrants: fetched?.grants ?? [],
    policy: fetched,
    ...(fetched === null ? {} : { policyVersion: versionOf(digestPolicy(fetched), kept && { sha256: digestPolicy(kept), since: kept.date }) }),
  };
}

/** @param kept the lake's snapshot that is in force. */
function versionOf(sha256: string, kept: { sha256: string; since: string } | undefined): JudgedVersion {
  return { sha256, keptSince: kept?.sha256 === sha256 ? kept.since : null };
}

/** The policy of a day; before all snapshots the first one. */
function policyAt(policies: readonly PolicySnapshot[], time: Date, timezone: string): PolicySnapshot | undefined {
  return policies.findLast(({ date }) => date <= dayOf(time, timezone)) ?? policies[0];
}

/** The grants of gateways and the tailnet policy when a month was closed, from the snapshots in the lake. */
export async function openClosedAccess(lake: ObjectStore, close: CloseRecord, config: Config): Promise<GrantedAccess> {
  const closedAt = new Date(close.closed_at);
  const snapshots = await loadGatewaySnapshots(lake);
  const policy = policyAt(await loadPolicySnapshots(lake), closedAt, close.timezone);
  const instances = [...new Set([...config.sources.map(({ name }) => name), ...snapshots.keys()])];
  return {
    close,
    pseudonymOf: await findErasedCallers(await openArchive(config), instances, await openArchiving(config, false)),
    instances,
    accessOf: (instance) => {
      const kept = judgingSnapshot(snapshots.get(instance) ?? [], closedAt);
      if (kept?.access === undefined) return undefined;
      return { grants: kept.access.grants, providers: kept.providers, version: { sha256: digestGateway(kept), keptSince: kept.taken_at } };
    },
    tailnetGrants: policy?.grants ?? [],
    policy: policy ?? null,
    ...(policy === undefined ? {} : { policyVersion: { sha256: digestPolicy(policy), keptSince: policy.date } }),
  };
}

function noConfiguration(): LedgerError {
  return new LedgerError("usage", "no gateway's configuration is given, so nobody knows what is granted", {
    remedy: "say where it is with --gateway-config URL, or aperture.config in aperture-ledger.yaml: the gateway's address, http://ai, or a file",
  });
}

function noSource(): LedgerError {
  return new LedgerError("usage", "no source is given, so no gateway is known by name", {
    remedy: "name the gateway under sources: in aperture-ledger.yaml, or with --source and --instance",
  });
}

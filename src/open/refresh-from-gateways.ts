import { fetchChangedConfig } from "../aperture/gateway/fetch-gateway-config.ts";
import { fetchPolicy } from "../aperture/gateway/fetch-policy.ts";
import type { Config } from "../config/config.ts";
import { dayOf } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { CatalogueSnapshots } from "../lake/records/catalogue-snapshots.ts";
import { etagInForce, type GatewaySnapshots, keepGatewaySnapshot, loadGatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
import { keepPolicySnapshot, loadPolicySnapshots, type PolicySnapshot } from "../lake/records/policy-snapshots.ts";
import type { HttpBounds } from "../storage/fetch-text.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { LedgerServices } from "./ledger-services.ts";
import { loadUsedCatalogues, refreshCatalogues } from "./refresh-catalogues.ts";
import { watchQuotas } from "./watch-quotas.ts";

/** The answers of gateways, and the tailnet policy, by time. */
export interface Snapshots {
  gateways: GatewaySnapshots;
  policies: readonly PolicySnapshot[];
  /** The gateways' prices. */
  catalogues: CatalogueSnapshots;
}

type Asking = Pick<LedgerServices, "clock" | "log">;

/**
 * Asks every gateway and the tailnet policy for their state, and keeps the answers in the lake. Nothing else asks or writes while a ledger is opened.
 * @param bounds limits for each answer of a gateway
 */
export async function refreshFromGateways(config: Config, lake: ObjectStore, services: Asking, bounds: HttpBounds = {}): Promise<Snapshots> {
  const gateways = await refreshGateways(config, lake, services, bounds);
  const catalogues = await refreshCatalogues(config, lake, services, bounds);
  const policies = await refreshPolicy(config, lake, services);
  await watchQuotas(config, lake, services, gateways, policies);
  return { gateways, policies, catalogues };
}

/** Loads the snapshots in the lake. A policy that was never kept is read now, because without it nobody's team is known. */
export async function loadSnapshots(config: Config, lake: ObjectStore, services: Asking): Promise<Snapshots> {
  const gateways = await loadGatewaySnapshots(lake);
  const policies = config.directory.policy === undefined ? [] : await loadPolicySnapshots(lake);
  const catalogues = await loadUsedCatalogues(config, lake);
  return { gateways, catalogues, policies: policies.length > 0 ? policies : await refreshPolicy(config, lake, services) };
}

/**
 * Every gateway's configuration by time. For a gateway that does not answer, the last answer counts. A gateway that never answered, or
 * whose answer cannot be understood, is an error: a guess would turn subscriptions into debt.
 */
async function refreshGateways(config: Config, lake: ObjectStore, { clock, log }: Asking, bounds: HttpBounds): Promise<GatewaySnapshots> {
  const all = new Map(await loadGatewaySnapshots(lake));
  for (const { name, config: own } of config.sources) {
    const url = own ?? config.aperture.config;
    if (url === undefined) continue;
    const snapshots = all.get(name) ?? [];
    try {
      const changed = await fetchChangedConfig(url, etagInForce(snapshots, clock()), bounds);
      if (changed !== undefined) all.set(name, await keepGatewaySnapshot(lake, name, snapshots, changed, clock()));
    } catch (error) {
      const unreadable = error instanceof LedgerError && error.code === "gateway_config_unreadable";
      if (!unreadable || snapshots.length === 0) throw error;
      log.warn({ instance: name, err: error }, "the gateway's configuration cannot be read; the last one kept is used");
    }
  }
  return all;
}

/** The tailnet policy by day. A policy that cannot be read counts as last read; one that was never read is an error, because nobody's team would be known. */
export async function refreshPolicy({ directory, timezone }: Config, lake: ObjectStore, { clock, log }: Asking): Promise<PolicySnapshot[]> {
  if (directory.policy === undefined) return [];
  const snapshots = await loadPolicySnapshots(lake);
  try {
    return await keepPolicySnapshot(lake, snapshots, await fetchPolicy(directory.policy), dayOf(clock(), timezone));
  } catch (error) {
    const unreadable = error instanceof LedgerError && error.code === "config_unreadable";
    if (!unreadable || snapshots.length === 0) throw error;
    log.warn({ err: error }, "the tailnet policy cannot be read; the last one kept is used");
    return snapshots;
  }
}

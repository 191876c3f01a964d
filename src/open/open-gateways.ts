import { fetchGatewayConfig } from "../aperture/gateway/fetch-gateway-config.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type GatewaySnapshots, keepGatewaySnapshot, loadGatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Gateway, LedgerServices } from "./ledger-services.ts";

/**
 * Every gateway's configuration by time. A gateway that cannot be asked is as it was when it was last asked; one that
 * never could be, or whose answer nobody understands, is an error: guessing would turn subscriptions into debt.
 */
export async function gatewaySnapshots(
  config: Config,
  lake: ObjectStore,
  { clock, log }: LedgerServices,
  gateway: Gateway,
): Promise<GatewaySnapshots> {
  const all = new Map(await loadGatewaySnapshots(lake));
  if (gateway === "is as kept") return all;
  for (const { name, config: own } of config.sources) {
    const url = own ?? config.aperture.config;
    if (url === undefined) continue;
    const snapshots = all.get(name) ?? [];
    try {
      all.set(name, await keepGatewaySnapshot(lake, name, snapshots, await fetchGatewayConfig(url), clock()));
    } catch (error) {
      const unreadable = error instanceof LedgerError && error.code === "gateway_config_unreadable";
      if (!unreadable || snapshots.length === 0) throw error;
      log.warn({ instance: name, err: error }, "the gateway's configuration cannot be read; the last one kept is used");
    }
  }
  return all;
}

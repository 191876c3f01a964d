import type { Logger } from "pino";
import type { ExportSource, LedgerContext, Progress } from "../../jobs/ledger-context.ts";
import { fetchGatewayProviders } from "../aperture/fetch-gateway-config.ts";
import { type Config, toLocation } from "../config.ts";
import { LedgerError } from "../errors.ts";
import { type GatewaySnapshot, keepGatewaySnapshot, loadGatewaySnapshots, providersAt } from "../lake/gateway-snapshots.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { openStore } from "../storage/open-store.ts";

export interface LedgerServices {
  log: Logger;
  progress: Progress;
  clock: () => Date;
}

/** Opens what the configuration names. A gateway's configuration is fetched and kept unless `readOnly`. */
export async function openLedger(config: Config, services: LedgerServices, readOnly = false): Promise<LedgerContext> {
  const lake = await openLake(config);
  const sources = await openSources(config);
  const gateway = await gatewaySnapshots(config, lake, services, readOnly);
  return {
    lake,
    archive: config.archive.url === undefined ? lake : await openStore(toLocation(config.archive.url)),
    sources,
    rulesAt: (instance, time) => ({ instance, gateway: providersAt(gateway, time), dimensions: config.dimensions }),
    log: services.log,
    progress: services.progress,
  };
}

export async function openLake(config: Config): Promise<ObjectStore> {
  if (config.lake !== undefined) return await openStore(toLocation(config.lake));
  throw new LedgerError("usage", "no lake is given", {
    remedy: "say where the ledger is kept with --lake URL or lake: in aperture-ledger.yaml",
  });
}

export async function openSources(config: Config): Promise<ExportSource[]> {
  return await Promise.all(
    config.sources.map(async ({ name, ...location }) => ({ instance: name, store: await openStore(location, "is an error") })),
  );
}

/** A gateway that cannot be asked is as it was when it was last asked; one that never could be is an error. */
async function gatewaySnapshots(
  { aperture }: Config,
  lake: ObjectStore,
  { clock, log }: LedgerServices,
  readOnly: boolean,
): Promise<readonly GatewaySnapshot[]> {
  const snapshots = await loadGatewaySnapshots(lake);
  if (aperture.config === undefined || readOnly) return snapshots;
  try {
    return await keepGatewaySnapshot(lake, snapshots, await fetchGatewayProviders(aperture.config), clock());
  } catch (error) {
    const unreadable = error instanceof LedgerError && error.code === "gateway_config_unreadable";
    if (!unreadable || snapshots.length === 0) throw error;
    log.warn({ err: error }, "the gateway's configuration cannot be read; the last one kept is used");
    return snapshots;
  }
}

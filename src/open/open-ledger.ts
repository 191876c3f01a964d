import type { Config } from "../config/config.ts";
import { loadTrueUps } from "../lake/records/kept-true-ups.ts";
import { secretsOf } from "./configured-targets.ts";
import { readSecrets } from "./archive-settings.ts";
import { assemble, assembleTelling, assembleWork } from "./assemble.ts";
import { loadPriceEntries } from "./configured-prices.ts";
import { findErasedCallers } from "./erased-callers.ts";
import type { Ledger, Stores, Telling, Work } from "./ledger.ts";
import type { Freshness, LedgerServices } from "./ledger-services.ts";
import { openStores } from "./open-stores.ts";
import { loadSnapshots, refreshFromGateways, type Snapshots } from "./refresh-from-gateways.ts";

/** Opens a ledger: reads what it needs, after asking the gateways where it must be fresh, and puts it together. */
export async function openLedger(config: Config, services: LedgerServices, freshness: Freshness = "refresh", open?: Stores): Promise<Ledger> {
  const stores = open ?? (await openStores(config));
  const snapshots = await (freshness === "refresh" ? refreshFromGateways : loadSnapshots)(config, stores.lake, services);
  return await openWith(config, stores, snapshots, services);
}

/** Opens a ledger with snapshots that the caller has already read. */
export async function openWith(config: Config, stores: Stores, snapshots: Snapshots, services: LedgerServices): Promise<Ledger> {
  const secrets = await readSecrets(config, services.signs);
  const trueUps = await loadTrueUps(stores.lake);
  const pseudonymOf = await findErasedCallers(stores.archive, config.sources.map(({ name }) => name), secrets);
  const prices = await loadPriceEntries(config);
  return assemble(config, stores, { ...snapshots, trueUps, prices, pseudonymOf, secrets, environment: secretsOf(config) }, services);
}

/** For a command that opens no ledger, because it needs no rules and no prices. */
export function openTelling(config: Config, services: LedgerServices): Telling {
  return assembleTelling(config, secretsOf(config), services);
}

/** Opens only the settings for work: how copies are kept and signed, and the clock. */
export async function openWork(config: Config, services: Pick<LedgerServices, "land" | "clock" | "signs">): Promise<Work> {
  return assembleWork(config, await readSecrets(config, services.signs), services);
}

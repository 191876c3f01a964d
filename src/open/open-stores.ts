import { type Config, toLocation } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { openSource, openStore } from "../storage/open-store.ts";
import { refuseOverlaps } from "./check-places.ts";
import type { ExportSource, Stores } from "./ledger.ts";

/** Opens the stores that the configuration names; nothing is read or written yet. */
export async function openStores(config: Config): Promise<Stores> {
  const lake = await openLake(config);
  const sources = await openSources(config);
  await refuseOverlaps(config);
  return { lake, archive: config.archive.url === undefined ? lake : await openArchive(config), sources };
}

/** Opens the stores for a command that writes a lot. If another process is the only writer, this throws before any work is done. */
export async function openStoresToWrite(config: Config): Promise<Stores> {
  const stores = await openStores(config);
  for (const store of new Set([stores.lake, stores.archive])) await store.prepareWrites?.();
  return stores;
}

/** Throws `usage` if no lake is configured. */
export async function openLake(config: Config): Promise<ObjectStore> {
  if (config.lake !== undefined) return await openStore(toLocation(config.lake));
  throw new LedgerError("usage", "no lake is given", {
    remedy: "say where the ledger is kept with --lake URL or lake: in aperture-ledger.yaml, which aperture-ledger init writes",
  });
}

/** The store that holds the copies: its own, or the lake. */
export async function openArchive(config: Config): Promise<ObjectStore> {
  const { url } = config.archive;
  return url === undefined ? await openLake(config) : await openStore(toLocation(url));
}

export async function openSources(config: Config): Promise<ExportSource[]> {
  return await Promise.all(
    config.sources.map(async ({ name, url, endpoint, region, path_style: pathStyle }) => ({
      instance: name,
      store: await openSource({ url, endpoint, region, pathStyle }),
    })),
  );
}

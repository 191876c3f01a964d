import { FsStore, type MissingRoot } from "./fs/fs-store.ts";
import type { KeyRules } from "./object-keys.ts";
import type { ObjectStore } from "./object-store.ts";
import { parseLocation, type StoreLocation } from "./store-location.ts";

export type { StoreLocation } from "./store-location.ts";

/**
 * Opens the store at a location; nothing is read or written yet, so a server or directory need not be there.
 * @param missingRoot what a listing makes of a directory that is not there: a lake that is to be written is
 * empty, a source that is to be read is a mistake.
 * Throws `url_invalid`.
 */
export async function openStore(location: StoreLocation, missingRoot: MissingRoot = "is empty"): Promise<ObjectStore> {
  return await openWith(location, missingRoot, "own");
}

/**
 * Opens what others write and the ledger only reads: its keys and its prefix may be any text. A directory that is not
 * there is a mistake. Throws `url_invalid`.
 */
export async function openSource(location: StoreLocation): Promise<ObjectStore> {
  return await openWith(location, "is an error", "foreign");
}

async function openWith(location: StoreLocation, missingRoot: MissingRoot, rules: KeyRules): Promise<ObjectStore> {
  const place = parseLocation(location, rules);
  switch (place.kind) {
    case "fs":
      return new FsStore(place.directory, missingRoot, rules);
    case "s3": {
      // The AWS SDK takes a tenth of a second to load; whoever keeps a lake on disk does not pay it.
      const { openS3Store } = await import("./s3/s3-store.ts");
      return openS3Store(place, rules);
    }
    default:
      return place satisfies never;
  }
}

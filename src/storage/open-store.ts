import { FsStore, type MissingRoot } from "./fs/fs-store.ts";
import type { KeyRules } from "./object-keys.ts";
import type { ObjectStore } from "./object-store.ts";
import { parseLocation, type StoreLocation } from "./store-location.ts";

export type { StoreLocation } from "./store-location.ts";

/**
 * Opens the store at a location. It reads and writes nothing yet, so the server or directory need not exist.
 * @param missingRoot what a listing does about a missing directory: a lake to write is empty, a missing source
 * is a mistake.
 * Throws `url_invalid`.
 */
export async function openStore(location: StoreLocation, missingRoot: MissingRoot = "is empty"): Promise<ObjectStore> {
  return await openWith(location, missingRoot, "own");
}

/**
 * Opens a store that other programs write and the ledger only reads: its keys and its prefix may be any text. A missing
 * directory is a mistake. Throws `url_invalid`.
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
      // Loading the AWS SDK takes a tenth of a second; a lake on disk does without it.
      const { openS3Store } = await import("./s3/s3-store.ts");
      return openS3Store(place, rules);
    }
    default:
      return place satisfies never;
  }
}

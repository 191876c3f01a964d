import { FsStore, type MissingRoot } from "./fs-store.ts";
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
  const place = parseLocation(location);
  switch (place.kind) {
    case "fs":
      return new FsStore(place.directory, missingRoot);
    case "s3": {
      // The AWS SDK takes a tenth of a second to load; whoever keeps a lake on disk does not pay it.
      const { openS3Store } = await import("./s3-store.ts");
      return openS3Store(place);
    }
    default:
      return place satisfies never;
  }
}

import type { ObjectStore } from "../../storage/object-store.ts";
import { archiveLayout, kindOfArchived } from "../archive-layout.ts";

/** What lies in an archive of one gateway; digests and events are read on their own. Bytes by key. */
export interface ArchiveListing {
  exports: Map<string, number>;
  receipts: Map<string, number>;
  /** Keys of what the ledger never puts there. */
  others: string[];
}

export async function listArchive(archive: ObjectStore, instance: string): Promise<ArchiveListing> {
  const listing: ArchiveListing = { exports: new Map(), receipts: new Map(), others: [] };
  for await (const { key, size } of archive.list(archiveLayout.instance(instance))) {
    const { kind } = kindOfArchived(key);
    switch (kind) {
      case "export":
        listing.exports.set(key, size);
        break;
      case "receipt":
        listing.receipts.set(key, size);
        break;
      case "other":
        listing.others.push(key);
        break;
      case "digest":
      case "event":
        break;
      default:
        kind satisfies never;
    }
  }
  return listing;
}

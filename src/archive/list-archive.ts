import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { kindOfArchived } from "./archive-layout.ts";

/** What an archive holds of one gateway, each in order of keys. */
export interface GatewayArchive {
  exports: ObjectEntry[];
  /** By key. */
  receipts: Map<string, ObjectEntry>;
  digests: ObjectEntry[];
  events: ObjectEntry[];
}

/** `YYYY-MM-DD`, UTC: the last day that there is a digest of. Undefined where there is none. */
export function sealedUpTo({ digests }: Pick<GatewayArchive, "digests">): string | undefined {
  return digests.at(-1)?.key.slice(-"YYYY-MM-DD.json".length, -".json".length);
}

/** What an archive holds, by gateway; what is nothing that the ledger puts there is left out. */
export async function listArchive(archive: ObjectStore): Promise<Map<string, GatewayArchive>> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list("archive/")) entries.push(entry);
  return sortArchive(entries);
}

/** The same of a listing that was made. @param entries in order of keys. */
export function sortArchive(entries: Iterable<ObjectEntry>): Map<string, GatewayArchive> {
  const gateways = new Map<string, GatewayArchive>();
  for (const entry of entries) {
    const { instance, kind } = kindOfArchived(entry.key);
    if (kind === "other") continue;
    const gateway = gateways.get(instance) ?? { exports: [], receipts: new Map<string, ObjectEntry>(), digests: [], events: [] };
    gateways.set(instance, gateway);
    if (kind === "receipt") gateway.receipts.set(entry.key, entry);
    else gateway[`${kind}s`].push(entry);
  }
  return gateways;
}

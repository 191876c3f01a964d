import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { archiveLayout, kindOfArchived } from "./archive-layout.ts";

/** What an archive holds of one gateway, each in order of keys. */
export interface GatewayArchive {
  /** By key. */
  exports: Map<string, ObjectEntry>;
  /** By key. */
  receipts: Map<string, ObjectEntry>;
  digests: ObjectEntry[];
  events: ObjectEntry[];
  /** What the ledger never puts there. */
  others: ObjectEntry[];
}

/** What an archive holds, by gateway; a gateway of which it holds nothing that the ledger put there is none. */
export async function listArchive(archive: ObjectStore): Promise<Map<string, GatewayArchive>> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list("archive/")) entries.push(entry);
  return sortArchive(entries);
}

/** The same of a listing that was made. @param entries in order of keys. */
export function sortArchive(entries: Iterable<ObjectEntry>): Map<string, GatewayArchive> {
  const gateways = new Map<string, GatewayArchive>();
  for (const entry of entries) {
    const { instance } = kindOfArchived(entry.key);
    const gateway = gateways.get(instance) ?? emptyArchive();
    gateways.set(instance, gateway);
    sortInto(gateway, entry);
  }
  for (const [instance, { exports, receipts, digests, events }] of gateways) {
    if (exports.size + receipts.size + digests.length + events.length === 0) gateways.delete(instance);
  }
  return gateways;
}

/** What an archive holds of one gateway. */
export async function listGateway(archive: ObjectStore, instance: string): Promise<GatewayArchive> {
  const gateway = emptyArchive();
  for await (const entry of archive.list(archiveLayout.instance(instance))) sortInto(gateway, entry);
  return gateway;
}

function emptyArchive(): GatewayArchive {
  return { exports: new Map(), receipts: new Map(), digests: [], events: [], others: [] };
}

function sortInto(gateway: GatewayArchive, entry: ObjectEntry): void {
  const { kind } = kindOfArchived(entry.key);
  switch (kind) {
    case "export":
    case "receipt":
      gateway[`${kind}s`].set(entry.key, entry);
      break;
    case "digest":
    case "event":
    case "other":
      gateway[`${kind}s`].push(entry);
      break;
    default:
      kind satisfies never;
  }
}

import { archiveLayout, behind, dateOfDigest, kindOfArchived } from "../../lake/layout.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

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

/** `YYYY-MM-DD`, UTC: the last day that there is a digest of. Undefined where there is none. @param digests those that were not annulled. */
export function sealedUpTo({ digests }: { digests: readonly Pick<ObjectEntry, "key">[] }): string | undefined {
  return digests.map(({ key }) => dateOfDigest(key)).sort().at(-1);
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

/** As many as a store lists at once: to begin anew behind fewer receipts would take no fewer requests. */
const RECEIPTS_PASSED = 1000;

/** What an archive holds but for receipts, of which there are as many as exports: most of them are not even listed. In order of keys. */
export async function* listWithoutReceipts(archive: ObjectStore): AsyncGenerator<ObjectEntry> {
  let after: string | undefined;
  do {
    const listing = archive.list("archive/", after);
    after = undefined;
    let passed = 0;
    for await (const entry of listing) {
      const { instance, kind } = kindOfArchived(entry.key);
      if (kind !== "receipt") yield entry;
      else if (++passed === RECEIPTS_PASSED) {
        after = behind(archiveLayout.receipts(instance));
        break;
      }
    }
  } while (after !== undefined);
}

/** Names of the gateways that an archive has anything of, in order. Not everything is listed to find them. */
export async function listInstances(archive: ObjectStore): Promise<string[]> {
  const instances = new Set<string>();
  for (let found = await firstBehind(archive, undefined); found !== undefined; ) {
    const { instance } = kindOfArchived(found.key);
    instances.add(instance === "" ? (found.key.split("/")[1] ?? "") : instance);
    found = await firstBehind(archive, instance === "" ? found.key : behind(archiveLayout.instance(instance)));
  }
  return [...instances];
}

async function firstBehind(archive: ObjectStore, after: string | undefined): Promise<ObjectEntry | undefined> {
  for await (const entry of archive.list("archive/", after)) return entry;
  return undefined;
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

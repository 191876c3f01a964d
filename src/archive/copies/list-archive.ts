import { archiveLayout, behind, dateOfDigest, kindOfArchived } from "../../lake/layout.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

/** The objects of one gateway, each list in order of keys. */
export interface GatewayArchive {
  /** By key. */
  exports: Map<string, ObjectEntry>;
  /** By key. */
  receipts: Map<string, ObjectEntry>;
  digests: ObjectEntry[];
  /** Tokens of time-stamping authorities for digests. */
  timestamps: ObjectEntry[];
  events: ObjectEntry[];
  /** Objects that the ledger did not write. */
  others: ObjectEntry[];
}

/** `YYYY-MM-DD`, UTC: the last day with a digest. Undefined if there is no digest. @param digests without the annulled ones. */
export function sealedUpTo({ digests }: { digests: readonly Pick<ObjectEntry, "key">[] }): string | undefined {
  return digests.map(({ key }) => dateOfDigest(key)).sort().at(-1);
}

/** The contents of an archive by gateway, without folders that contain nothing written by the ledger. */
export async function listArchive(archive: ObjectStore): Promise<Map<string, GatewayArchive>> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list("archive/")) entries.push(entry);
  return sortArchive(entries);
}

/** Like `listArchive`, for an existing listing. @param entries in order of keys. */
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

/** The size of a store's listing page: restarting the listing after fewer receipts would save no request. */
const RECEIPTS_PASSED = 1000;

/** Lists an archive without receipts, in order of keys. Skips most receipts without listing them: there are as many as exports. */
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

/** Names of the gateways in an archive, in order. Does not list every object to find them. */
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

/** Lists the objects of one gateway. */
export async function listGateway(archive: ObjectStore, instance: string): Promise<GatewayArchive> {
  const gateway = emptyArchive();
  for await (const entry of archive.list(archiveLayout.instance(instance))) sortInto(gateway, entry);
  return gateway;
}

function emptyArchive(): GatewayArchive {
  return { exports: new Map(), receipts: new Map(), digests: [], timestamps: [], events: [], others: [] };
}

function sortInto(gateway: GatewayArchive, entry: ObjectEntry): void {
  const { kind } = kindOfArchived(entry.key);
  switch (kind) {
    case "export":
    case "receipt":
      gateway[`${kind}s`].set(entry.key, entry);
      break;
    case "digest":
    case "timestamp":
    case "event":
    case "other":
      gateway[`${kind}s`].push(entry);
      break;
    default:
      kind satisfies never;
  }
}

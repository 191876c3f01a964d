import { dateOfDigest } from "../../lake/layout.ts";
import { ascending } from "../../ledger/orders.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { requireBounded } from "../../storage/read-bounded.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { largestOf } from "../chain/document-bounds.ts";
import { listArchive } from "../copies/list-archive.ts";
import type { ScriptGateway } from "./write-script.ts";

/** The chains of an archive as they are now, unverified, in order of their names. Gateways without digests are left out. */
export async function findHeads(archive: ObjectStore): Promise<ScriptGateway[]> {
  const gateways: ScriptGateway[] = [];
  for (const [instance, { digests }] of await listArchive(archive)) {
    // Of two digests of a day, the one with the longer key replaced one that is annulled.
    const ordered = digests.map(({ key }) => ({ key, date: dateOfDigest(key) })).sort((a, b) => ascending(a.date, b.date) || a.key.length - b.key.length || ascending(a.key, b.key));
    const [first, newest] = [ordered.at(0), ordered.at(-1)];
    if (first === undefined || newest === undefined) continue;
    gateways.push({ instance, first: first.date, last: newest.date, head: sha256Hex(await requireBounded(archive, newest.key, largestOf(newest.key))) });
  }
  return gateways.sort((a, b) => ascending(a.instance, b.instance));
}

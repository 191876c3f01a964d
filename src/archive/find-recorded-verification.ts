import { archiveLayout, isPlaceOf, kindOfArchived } from "../lake/layout.ts";
import { descending } from "../ledger/orders.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { type EventOf, signedEvent } from "./chain/event.ts";
import { readDocument } from "./chain/read-document.ts";
import { trustedKeys } from "./chain/trusted-keys.ts";
import { isVerifiedBy } from "./chain/verified-events.ts";
import { listInstances } from "./copies/list-archive.ts";

/** Anybody who can write to the archive can add objects that look like newer ones: after this many the search ends. */
const MOST_READ = 20;

/**
 * The newest verification that a chain records, signed by this key or one that rotations link to it. Costs the listing of the events, one read,
 * and one for each rotation.
 */
export async function findRecordedVerification(archive: ObjectStore, publicKey: string): Promise<EventOf<"verified"> | undefined> {
  const [recorded, rotated]: [ObjectEntry[], ObjectEntry[]] = [[], []];
  for (const instance of await listInstances(archive)) {
    for await (const entry of archive.list(archiveLayout.events(instance))) {
      if (isPlaceOf("verified", entry.key)) recorded.push(entry);
      if (isPlaceOf("rotation", entry.key)) rotated.push(entry);
    }
  }
  if (recorded.length === 0) return undefined;
  const rotations = await Promise.all(rotated.map((entry) => readDocument(archive, entry, signedEvent)));
  const trusted = trustedKeys(publicKey, rotations.flatMap((read) => ("problem" in read ? [] : [read.document])));
  for (const entry of recorded.sort((a, b) => descending(timeIn(a), timeIn(b))).slice(0, MOST_READ)) {
    const read = await readDocument(archive, entry, signedEvent);
    if ("problem" in read || !isVerifiedBy(kindOfArchived(entry.key).instance, read, trusted)) continue;
    if (read.document.header.kind === "verified") return read.document.header;
  }
  return undefined;
}

/** The names of events begin with their time. */
function timeIn({ key }: ObjectEntry): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

import { isPlaceOf, kindOfArchived } from "../../lake/layout.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { type Annulled, annulledBy, NOTHING_ANNULLED } from "./annulled.ts";
import { verifiedEvents } from "./verified-events.ts";
import { signedEvent } from "./event.ts";
import { mapDocuments, readDocument } from "./read-document.ts";

/** The annulled digests; reads only annulments and rotations. @param entries listing of an archive. @param publicKey as for `verifiedEvents`. */
export async function readAnnulled(archive: ObjectStore, entries: Iterable<ObjectEntry>, publicKey: string | undefined): Promise<Annulled> {
  const listed = [...entries];
  const annulments = listed.filter(({ key }) => isPlaceOf("annulment", key));
  if (annulments.length === 0) return NOTHING_ANNULLED;
  const rotations = listed.filter(({ key }) => isPlaceOf("rotation", key));
  const read = await mapDocuments([...annulments, ...rotations], (entry) => readDocument(archive, entry, signedEvent));
  const byInstance = Map.groupBy(read.flatMap((one) => ("problem" in one ? [] : [one])), ({ key }) => kindOfArchived(key).instance);
  return annulledBy([...byInstance].flatMap(([instance, events]) => verifiedEvents(instance, events, publicKey).map(({ document }) => document.header)));
}

import { dateOfDigest, isPlaceOf, kindOfArchived } from "../../lake/layout.ts";
import { type Annulled, annulledKeys } from "../chain/annulled.ts";
import { digest, type Digest } from "../chain/digest.ts";
import { signedEvent } from "../chain/event.ts";
import { readAnnulled } from "../chain/read-annulled.ts";
import { mapDocuments, readDocument } from "../chain/read-document.ts";
import { isSignatureGood, isSignedByAny } from "../chain/signed.ts";
import { trustedKeys } from "../chain/trusted-keys.ts";
import { listWithoutReceipts } from "../copies/list-archive.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

/** How far the chain of a gateway goes. */
export interface Sealed {
  instance: string;
  /** Last day that there is a digest of that a trusted key signed, `YYYY-MM-DD`, UTC. */
  day: string;
}

/** How far each chain goes. Names prove nothing: anybody may put something at the place of a digest of a day to come. */
export async function readSealed(archive: ObjectStore, publicKey: string | undefined): Promise<Sealed[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of listWithoutReceipts(archive)) entries.push(entry);
  const annulled = await readAnnulled(archive, entries, publicKey);
  const counts = await whatCounts(archive, entries, publicKey);
  const byInstance = Map.groupBy(entries.filter(({ key }) => kindOfArchived(key).kind === "digest"), ({ key }) => kindOfArchived(key).instance);
  const sealed: Sealed[] = [];
  for (const [instance, digests] of byInstance) {
    const day = await findNewestDay(archive, { instance, digests, annulled, counts });
    if (day !== undefined) sealed.push({ instance, day });
  }
  return sealed;
}

/** Without a key any good signature counts, as of events. */
async function whatCounts(archive: ObjectStore, entries: readonly ObjectEntry[], publicKey: string | undefined): Promise<(document: Digest) => boolean> {
  if (publicKey === undefined) return isSignatureGood;
  const rotations = await mapDocuments(entries.filter(({ key }) => isPlaceOf("rotation", key)), (entry) => readDocument(archive, entry, signedEvent));
  const trusted = trustedKeys(publicKey, rotations.flatMap((one) => ("problem" in one ? [] : [one.document])));
  return (document) => isSignedByAny(document, trusted);
}

interface DigestsOf {
  instance: string;
  digests: readonly ObjectEntry[];
  annulled: Annulled;
  counts: (document: Digest) => boolean;
}

/** Of the newest digest that counts and lies at its place. What lies there besides is named by those who seal and verify. */
async function findNewestDay(archive: ObjectStore, { instance, digests, annulled, counts }: DigestsOf): Promise<string | undefined> {
  const voidKeys = annulledKeys(annulled);
  const newestFirst = digests.filter(({ key }) => !voidKeys.has(key)).toSorted((a, b) => (dateOfDigest(a.key) < dateOfDigest(b.key) ? 1 : -1));
  for (const entry of newestFirst) {
    const read = await readDocument(archive, entry, digest);
    if ("problem" in read || annulled.has(read.sha256) || !counts(read.document)) continue;
    const { header } = read.document;
    if (header.instance === instance && header.date === dateOfDigest(entry.key)) return header.date;
  }
  return undefined;
}

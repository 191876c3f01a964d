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

/** The last sealed day of a gateway. */
export interface Sealed {
  instance: string;
  /** Last day with a digest signed by a trusted key, `YYYY-MM-DD`, UTC. */
  day: string;
  /** SHA-256 of that digest. */
  sha256: string;
}

/** The last sealed day of each gateway. Reads the digests, since anyone with write access can create an object at the key of a future digest. */
export async function readSealed(archive: ObjectStore, publicKey: string | undefined): Promise<Sealed[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of listWithoutReceipts(archive)) entries.push(entry);
  const annulled = await readAnnulled(archive, entries, publicKey);
  const isValid = await signatureCheck(archive, entries, publicKey);
  const byInstance = Map.groupBy(entries.filter(({ key }) => kindOfArchived(key).kind === "digest"), ({ key }) => kindOfArchived(key).instance);
  const sealed: Sealed[] = [];
  for (const [instance, digests] of byInstance) {
    const newest = await findNewest(archive, { instance, digests, annulled, isValid });
    if (newest !== undefined) sealed.push(newest);
  }
  return sealed;
}

/** Without a key any valid signature counts, as for events. */
async function signatureCheck(archive: ObjectStore, entries: readonly ObjectEntry[], publicKey: string | undefined): Promise<(document: Digest) => boolean> {
  if (publicKey === undefined) return isSignatureGood;
  const rotations = await mapDocuments(entries.filter(({ key }) => isPlaceOf("rotation", key)), (entry) => readDocument(archive, entry, signedEvent));
  const trusted = trustedKeys(publicKey, rotations.flatMap((one) => ("problem" in one ? [] : [one.document])));
  return (document) => isSignedByAny(document, trusted);
}

interface DigestsOf {
  instance: string;
  digests: readonly ObjectEntry[];
  annulled: Annulled;
  isValid: (document: Digest) => boolean;
}

/** The newest valid digest that is at its own key. Sealing and verification report any other object in its place. */
async function findNewest(archive: ObjectStore, { instance, digests, annulled, isValid }: DigestsOf): Promise<Sealed | undefined> {
  const voidKeys = annulledKeys(annulled);
  const newestFirst = digests.filter(({ key }) => !voidKeys.has(key)).toSorted((a, b) => (dateOfDigest(a.key) < dateOfDigest(b.key) ? 1 : -1));
  for (const entry of newestFirst) {
    const read = await readDocument(archive, entry, digest);
    if ("problem" in read || annulled.has(read.sha256) || !isValid(read.document)) continue;
    const { header } = read.document;
    if (header.instance === instance && header.date === dateOfDigest(entry.key)) return { instance, day: header.date, sha256: read.sha256 };
  }
  return undefined;
}

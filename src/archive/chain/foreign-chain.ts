import type { ObjectStore } from "../../storage/object-store.ts";
import { listArchive } from "../copies/list-archive.ts";
import { digest } from "./digest.ts";
import { signedEvent, type SignedEvent } from "./event.ts";
import { readDocument } from "./read-document.ts";
import { trustedKeys } from "./trusted-keys.ts";

/** A chain whose newest digest is signed by a different key. */
export interface ForeignChain {
  instance: string;
  /** Key of its newest digest. */
  key: string;
  /** Public key of the digest's signer; null if the digest is not signed. */
  signer: string | null;
}

/**
 * The first chain whose newest digest is signed neither by this key nor by one that rotations link to it. Skips what cannot be
 * read: sealing and verification report it. Makes one listing and reads one digest and the rotations of each gateway.
 */
export async function findForeignChain(archive: ObjectStore, publicKey: string): Promise<ForeignChain | undefined> {
  const gateways = await listArchive(archive);
  const rotations: SignedEvent[] = [];
  const last: ForeignChain[] = [];
  for (const [instance, { digests, events }] of gateways) {
    for (const entry of events.filter(({ key }) => key.includes("-rotation-"))) {
      const read = await readDocument(archive, entry, signedEvent);
      if (!("problem" in read)) rotations.push(read.document);
    }
    const newest = digests.at(-1);
    if (newest === undefined) continue;
    const read = await readDocument(archive, newest, digest);
    if (!("problem" in read)) last.push({ instance, key: newest.key, signer: read.document.key });
  }
  const trusted = trustedKeys(publicKey, rotations);
  return last.find(({ signer }) => signer === null || !trusted.has(signer));
}

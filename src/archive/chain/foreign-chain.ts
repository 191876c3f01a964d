import type { ObjectStore } from "../../storage/object-store.ts";
import { listArchive } from "../copies/list-archive.ts";
import { digest } from "./digest.ts";
import { signedEvent, type SignedEvent } from "./event.ts";
import { readDocument } from "./read-document.ts";
import { trustedKeys } from "./trusted-keys.ts";

/** A chain that goes on under another key. */
export interface ForeignChain {
  instance: string;
  /** Its last digest. */
  key: string;
  /** Who signed that; null: nobody. */
  signer: string | null;
}

/**
 * The first chain whose last digest neither this key signed nor one that rotations link to it. What cannot be read is passed
 * over: sealing and verifying tell of it. One listing, and of each gateway one digest and its rotations are read.
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

import { dateOfDigest } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { canonicalBytes } from "../chain/canonical.ts";
import { digest } from "../chain/digest.ts";
import { readDocument, whole } from "../chain/read-document.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";

/** What is posted of a digest: enough for `archive verify --head`, and nothing of what the digest lists. */
export interface Head {
  format: 1;
  instance: string;
  /** `YYYY-MM-DD`, UTC. */
  date: string;
  number: number;
  /** SHA-256 of the digest's bytes. */
  sha256: string;
  sealed_at: string;
}

/** A second place that gets heads. */
export interface HeadPlace {
  /** Names it in messages, and in the note of what was posted there. */
  name: string;
  /** Posts heads in order. Posting a head again changes nothing. Throws an error that says why it failed. */
  post: (heads: readonly Head[]) => Promise<void>;
}

/** Throws `archive_broken` for an object that is not a digest. */
export async function readHead(archive: ObjectStore, entry: ObjectEntry): Promise<Head> {
  const { sha256, document: { header: { instance, date, number, sealed_at } } } = whole(archive, await readDocument(archive, entry, digest));
  return { format: 1, instance, date, number, sha256, sealed_at };
}

/** The file of a head at a place, below its root. */
export function fileOfHead({ instance, date, number }: Head): string {
  return `heads/${instance}/${date}-${String(number)}.json`;
}

/** RFC 8785 and a line feed. */
export function textOfHead(head: Head): Buffer {
  return Buffer.concat([canonicalBytes(head), Buffer.from("\n")]);
}

/** Why a place must not take a head: it has a different one for the same digest. */
export function otherHead(head: Head): Error {
  return new Error(`it has another head for digest ${String(head.number)} of ${head.instance} of ${head.date}: one of the two was forged or annulled`);
}

/** Sorts digests in the order in which they were made. */
export function inOrderOfDays(digests: readonly ObjectEntry[]): ObjectEntry[] {
  return digests.toSorted((a, b) => (dateOfDigest(a.key) === dateOfDigest(b.key) ? editionOf(a.key) - editionOf(b.key) : dateOfDigest(a.key) < dateOfDigest(b.key) ? -1 : 1));
}

function editionOf(key: string): number {
  return Number(/\.(\d+)\.json$/.exec(key)?.[1] ?? "1");
}

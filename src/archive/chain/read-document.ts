import pMap from "p-map";
import { z } from "zod";
import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { readBounded } from "../../storage/read-bounded.ts";
import { largestOf } from "./document-bounds.ts";
import { canonicalBytes, sha256Hex } from "./canonical.ts";
import { digest, type Digest } from "./digest.ts";
import { signedEvent, type SignedEvent } from "./event.ts";
import { orderEvents } from "./order-events.ts";

/** A document stored in the archive. */
export interface StoredDocument<Document> {
  key: string;
  etag: string;
  size: number;
  sha256: string;
  document: Document;
}

/** An object at a document's key that is not a valid document, and why. */
export interface BrokenDocument {
  key: string;
  problem: string;
}

/** Larger documents are read one at a time: sixteen at once could take gigabytes. */
const LARGE_BYTES = 2 ** 22;

/** Reads documents concurrently as far as memory allows. Results are in the order of the entries. */
export async function mapDocuments<Entry extends Pick<ObjectEntry, "size">, Result>(entries: readonly Entry[], read: (entry: Entry) => Promise<Result>): Promise<Result[]> {
  const isLarge = ({ size }: Entry): boolean => size > LARGE_BYTES;
  const small = await pMap(entries.filter((entry) => !isLarge(entry)), read, { concurrency: READS_AT_ONCE });
  const large = await pMap(entries.filter(isLarge), read, { concurrency: 1 });
  return entries.flatMap((entry) => (isLarge(entry) ? large : small).splice(0, 1));
}

/**
 * Reads a document, which must be canonical JSON of that shape without further members and no larger than its kind allows.
 * Throws the store's errors.
 */
export async function readDocument<Document extends object>(
  store: ObjectStore,
  { key, etag }: Pick<ObjectEntry, "key" | "etag">,
  shape: z.ZodType<Document>,
): Promise<StoredDocument<Document> | BrokenDocument> {
  const read = await readBounded(store, key, largestOf(key));
  if (read === undefined) return { key, problem: `it is larger than ${String(largestOf(key))} bytes` };
  const bytes = Buffer.from(read);
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    const parsed = shape.safeParse(value);
    if (!parsed.success) return { key, problem: z.prettifyError(parsed.error) };
    // Compares the parsed data: the signature check does not cover members unknown to the shape.
    if (!canonicalBytes(parsed.data).equals(bytes)) return { key, problem: "it is not canonical JSON (RFC 8785)" };
    return { key, etag, size: bytes.byteLength, sha256: sha256Hex(bytes), document: parsed.data };
  } catch (error) {
    return { key, problem: `it is not JSON: ${messageOf(error)}` };
  }
}

/** All digests of a gateway, in order of their keys, readable or not. */
export async function readDigests(archive: ObjectStore, instance: string): Promise<(StoredDocument<Digest> | BrokenDocument)[]> {
  return await readAll(archive, archiveLayout.digests(instance), digest);
}

/** All events of a gateway, in the order of `orderEvents`, readable or not. */
export async function readEvents(archive: ObjectStore, instance: string): Promise<(StoredDocument<SignedEvent> | BrokenDocument)[]> {
  const events = await readAll(archive, archiveLayout.events(instance), signedEvent);
  return orderEvents(events, (read) => ("problem" in read ? undefined : read.document.header));
}

/**
 * The readable events of a gateway, in the order of `orderEvents`, and the unreadable objects among them. Anyone with write access
 * can add such objects: they must neither stop the ledger nor hide an event that they may have replaced.
 */
export async function splitEvents(archive: ObjectStore, instance: string): Promise<{ events: StoredDocument<SignedEvent>[]; unreadable: BrokenDocument[] }> {
  const read = await readEvents(archive, instance);
  return { events: read.flatMap((one) => ("problem" in one ? [] : [one])), unreadable: read.flatMap((one) => ("problem" in one ? [one] : [])) };
}

/** Like `readDigests`, but throws `archive_broken` for an object that is not a digest. */
export async function loadDigests(archive: ObjectStore, instance: string): Promise<StoredDocument<Digest>[]> {
  return (await readDigests(archive, instance)).map((read) => whole(archive, read));
}

/** The readable events among those of `readEvents`; callers that must know about unreadable ones use `splitEvents`. */
export async function loadEvents(archive: ObjectStore, instance: string): Promise<StoredDocument<SignedEvent>[]> {
  return (await splitEvents(archive, instance)).events;
}

/** Like `readDocument`, but throws `archive_broken` for an invalid document. Undefined if the object does not exist. */
export async function loadDocument<Document extends object>(
  archive: ObjectStore,
  key: string,
  shape: z.ZodType<Document>,
): Promise<StoredDocument<Document> | undefined> {
  const entry = await archive.head(key);
  return entry && whole(archive, await readDocument(archive, entry, shape));
}

async function readAll<Document extends object>(archive: ObjectStore, prefix: string, shape: z.ZodType<Document>): Promise<(StoredDocument<Document> | BrokenDocument)[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list(prefix)) entries.push(entry);
  return await mapDocuments(entries, (entry) => readDocument(archive, entry, shape));
}

/** Throws `archive_broken` for an invalid document. */
export function whole<Document>({ url }: ObjectStore, read: StoredDocument<Document> | BrokenDocument): StoredDocument<Document> {
  if (!("problem" in read)) return read;
  throw new LedgerError("archive_broken", `${url}/${read.key}: ${read.problem}`, {
    remedy: "aperture-ledger archive verify reports what else was altered; restore the object from a backup",
  });
}

import { z } from "zod";
import { bodiesKept, retentionPromise } from "../copies/receipt.ts";
import { unvouchedReason } from "../copies/unvouched.ts";
import { merkleRoot } from "./merkle.ts";
import { notedRecord } from "./noted-records.ts";
import { type Signed, signed, signHeader } from "./signed.ts";
import type { SigningKey } from "./signing-key.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** An archived export at the time it was first listed. */
const listedExport = z.object({
  key: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: hash,
  /** The store's ETag at that time; a restored copy may have a different one. */
  etag: z.string(),
  /** The bytes that arrived, if they are known and differ from the copy. */
  arrived: z.object({ size: z.number(), sha256: hash }).nullable(),
  bodies: bodiesKept,
  /** Null if it had not been read. */
  records: z.object({ read: z.number(), accepted: z.number(), quarantined: z.number() }).nullable(),
  /** SHA-256 of its receipt; null if it has no receipt. */
  receipt: hash.nullable(),
  retention: retentionPromise.nullable(),
  /** Why no trusted key vouches for what arrived. Absent if one does, and in digests older than this member. */
  unvouched: unvouchedReason.exactOptional(),
});
export type ListedExport = z.infer<typeof listedExport>;

const listedEvent = z.object({ key: z.string(), size: z.number(), sha256: hash });
export type ListedEvent = z.infer<typeof listedEvent>;

/** A reference to a digest with the hash of its bytes. */
const digestLink = z.object({ instance: z.string(), date: z.iso.date(), number: z.number(), sha256: hash });
export type DigestLink = z.infer<typeof digestLink>;

const digestHeader = z.object({
  format: z.literal(1),
  instance: z.string(),
  /** The day it was due, UTC. There is one per day, even if nothing was added. */
  date: z.iso.date(),
  /** Position in the gateway's chain, from 1. */
  number: z.number(),
  /** When it was made: later than its day if no sealing ran that day. */
  sealed_at: z.iso.datetime(),
  /** Null in the first digest. */
  previous: digestLink.nullable(),
  /** The heads of the other gateways' chains: a chain cannot be cut off or removed unnoticed. */
  others: z.array(digestLink),
  /** The months closed by then, with the SHA-256 of their close records. */
  closes: z.array(z.object({ month: z.string(), sha256: hash })),
  /** Number of exports and events listed. */
  exports: z.number(),
  events: z.number(),
  /** Number of exports that a trusted key vouches for. Absent in digests older than this member. */
  vouched: z.number().exactOptional(),
  /** Merkle root over the exports followed by the events, in the order listed. */
  root: hash,
  /**
   * Records in the lake that decide who owes what: those that are new or differ from the earlier digests, in order of their keys.
   * Absent in digests older than this member.
   */
  records: z.array(notedRecord).exactOptional(),
  /** Digest of the pricing of the gateway's requests of that day. Absent in digests older than this member. */
  pricing: z.string().exactOptional(),
});
export type DigestHeader = z.infer<typeof digestHeader>;

/**
 * One link of a gateway's chain. `previous.sha256` is the hash of the previous file, whose bytes are its canonical JSON.
 * Stored at `archive/<instance>/_digests/<date>.json`.
 */
export const digest = signed(digestHeader).extend({ exports: z.array(listedExport), events: z.array(listedEvent) });
export type Digest = Signed<DigestHeader> & { exports: ListedExport[]; events: ListedEvent[] };

/** A digest before it is signed, with its lists in order of their keys. @param made the header members that do not follow from the lists. */
export function unsignedDigest(
  made: Omit<DigestHeader, "format" | "exports" | "events" | "vouched" | "root">,
  listed: { exports: readonly ListedExport[]; events: readonly ListedEvent[] },
): Pick<Digest, "header" | "exports" | "events"> {
  const exports = listed.exports.toSorted(byKey);
  const events = listed.events.toSorted(byKey);
  const vouched = exports.filter((one) => one.unvouched === undefined && one.receipt !== null).length;
  const counts = { exports: exports.length, events: events.length, vouched };
  return { header: { format: 1, ...made, ...counts, root: merkleRoot([...exports, ...events]) }, exports, events };
}

/** See `unsignedDigest`. */
export async function makeDigest(made: Parameters<typeof unsignedDigest>[0], listed: Parameters<typeof unsignedDigest>[1], key: SigningKey): Promise<Digest> {
  const { header, exports, events } = unsignedDigest(made, listed);
  return { ...(await signHeader(header, key)), exports, events };
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}

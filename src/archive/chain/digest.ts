import { z } from "zod";
import { bodiesKept, retentionPromise } from "../copies/receipt.ts";
import { unvouchedReason } from "../copies/unvouched.ts";
import { merkleRoot } from "./merkle.ts";
import { notedRecord } from "./noted-records.ts";
import { type Signed, signed, signHeader } from "./signed.ts";
import type { SigningKey } from "./signing-key.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** An archived export, as it was when it was first listed. */
const listedExport = z.object({
  key: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: hash,
  /** Of the store at that time; a copy that was restored may have another. */
  etag: z.string(),
  /** What arrived, where it is known and not what is kept. */
  arrived: z.object({ size: z.number(), sha256: hash }).nullable(),
  bodies: bodiesKept,
  /** Null where it had not been read. */
  records: z.object({ read: z.number(), accepted: z.number(), quarantined: z.number() }).nullable(),
  /** SHA-256 of its receipt; null where there is none. */
  receipt: hash.nullable(),
  retention: retentionPromise.nullable(),
  /** Why no trusted key vouches for what arrived. Left out where one does, and in digests from before there was this member. */
  unvouched: unvouchedReason.exactOptional(),
});
export type ListedExport = z.infer<typeof listedExport>;

const listedEvent = z.object({ key: z.string(), size: z.number(), sha256: hash });
export type ListedEvent = z.infer<typeof listedEvent>;

/** Names a digest and fixes its bytes. */
const digestLink = z.object({ instance: z.string(), date: z.iso.date(), number: z.number(), sha256: hash });
export type DigestLink = z.infer<typeof digestLink>;

const digestHeader = z.object({
  format: z.literal(1),
  instance: z.string(),
  /** Day that it was due on, UTC: one a day, also when nothing was added. */
  date: z.iso.date(),
  /** Counted from 1 in each gateway's chain. */
  number: z.number(),
  /** When it was made: later than its day where nobody was there to make it. */
  sealed_at: z.iso.datetime(),
  /** Null for the first. */
  previous: digestLink.nullable(),
  /** Where the other gateways' chains stood: none of them can be cut off or go unnoticed. */
  others: z.array(digestLink),
  /** Closed months there were, with the SHA-256 of their records. */
  closes: z.array(z.object({ month: z.string(), sha256: hash })),
  /** How many exports and events it lists. */
  exports: z.number(),
  events: z.number(),
  /** For how many of the exports a trusted key vouches. Left out in digests from before there was this member. */
  vouched: z.number().exactOptional(),
  /** Merkle root over the exports and behind them the events, in the order listed. */
  root: hash,
  /**
   * Records of the lake that decide who owes what: those that were new, or others than the digests before say, in order of their keys.
   * Left out in digests from before they were noted.
   */
  records: z.array(notedRecord).exactOptional(),
  /** Digest of what prices the gateway's requests of that day. Left out in digests from before it was noted. */
  pricing: z.string().exactOptional(),
});
export type DigestHeader = z.infer<typeof digestHeader>;

/**
 * One link of a gateway's chain. `previous.sha256` is that of the file before, whose bytes are its canonical JSON.
 * Kept at `archive/<instance>/_digests/<date>.json`.
 */
export const digest = signed(digestHeader).extend({ exports: z.array(listedExport), events: z.array(listedEvent) });
export type Digest = Signed<DigestHeader> & { exports: ListedExport[]; events: ListedEvent[] };

/** @param made everything of the header that does not follow from what is listed. Lists are put in order of their keys. */
export function makeDigest(
  made: Omit<DigestHeader, "format" | "exports" | "events" | "vouched" | "root">,
  listed: { exports: readonly ListedExport[]; events: readonly ListedEvent[] },
  key: SigningKey,
): Digest {
  const exports = listed.exports.toSorted(byKey);
  const events = listed.events.toSorted(byKey);
  const vouched = exports.filter((one) => one.unvouched === undefined && one.receipt !== null).length;
  const counts = { exports: exports.length, events: events.length, vouched };
  const header: DigestHeader = { format: 1, ...made, ...counts, root: merkleRoot([...exports, ...events]) };
  return { ...signHeader(header, key), exports, events };
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}

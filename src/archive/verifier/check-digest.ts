import { dateOfDigest } from "../../lake/layout.ts";
import type { Digest } from "../chain/digest.ts";
import { merkleRoot } from "../chain/merkle.ts";
import type { BrokenDocument, StoredDocument } from "../chain/read-document.ts";
import { isSignatureGood } from "../chain/signed.ts";
import { type Finding, finding } from "./finding.ts";

/** A digest that a trusted key signed, at whatever key it is stored. */
export type SoundDigest = StoredDocument<Digest>;

/** The object at a digest's key. */
export interface PlacedDigest {
  instance: string;
  /** The day in its key. */
  date: string;
  key: string;
  /** Undefined if it is not a digest. */
  stored: StoredDocument<Digest> | undefined;
  /** Why the digest on its own cannot be trusted. */
  fault: Finding | undefined;
}

/** Checks a digest on its own: format, signature, key, counts and root. */
export function checkDigest(instance: string, read: StoredDocument<Digest> | BrokenDocument, trusted: ReadonlySet<string>): PlacedDigest {
  const { key } = read;
  const place = { instance, date: dateOfDigest(key), key };
  if ("problem" in read) {
    return { ...place, stored: undefined, fault: finding("digest_altered", { instance, key, what: `is not a readable digest, ${oneLine(read.problem)}` }) };
  }
  return { ...place, stored: read, fault: faultOf(instance, read, trusted) };
}

function faultOf(instance: string, { key, document }: StoredDocument<Digest>, trusted: ReadonlySet<string>): Finding | undefined {
  const { header, key: signer, exports, events } = document;
  if (!isSignatureGood(document)) return finding("digest_signature", { instance, key, what: signer === null ? "is not signed" : `is not what its key ${signer} signed` });
  if (signer === null || !trusted.has(signer)) return finding("digest_key", { instance, key, what: "is signed by a key that is not trusted", expected: [...trusted].join(" or "), found: signer });
  if (header.exports !== exports.length || header.events !== events.length) {
    return finding("digest_altered", { instance, key, what: "does not list the number of exports and events that was signed", expected: counts(header.exports, header.events), found: counts(exports.length, events.length) });
  }
  const root = merkleRoot([...exports, ...events]);
  if (root !== header.root) return finding("digest_altered", { instance, key, what: "does not list the objects that were signed", expected: `root ${header.root}`, found: `root ${root}` });
  return undefined;
}

function counts(exports: number, events: number): string {
  return `${String(exports)} exports and ${String(events)} events`;
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

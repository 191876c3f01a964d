import { dateOfDigest } from "../../lake/layout.ts";
import type { Digest } from "../chain/digest.ts";
import { merkleRoot } from "../chain/merkle.ts";
import type { BrokenDocument, StoredDocument } from "../chain/read-document.ts";
import { isSignatureGood } from "../chain/signed.ts";
import { type Finding, finding } from "./finding.ts";

/** A digest whose bytes are what some trusted key signed, wherever it lies. */
export type SoundDigest = StoredDocument<Digest>;

/** What lies at a digest's place. */
export interface PlacedDigest {
  instance: string;
  /** As its key says. */
  date: string;
  key: string;
  /** Undefined where it is no digest at all. */
  stored: StoredDocument<Digest> | undefined;
  /** Why it cannot be believed, looked at on its own. */
  fault: Finding | undefined;
}

/** Looks at a digest on its own: form, signature, key, counts and root. */
export function judgeDigest(instance: string, read: StoredDocument<Digest> | BrokenDocument, trusted: ReadonlySet<string>): PlacedDigest {
  const { key } = read;
  const place = { instance, date: dateOfDigest(key), key };
  if ("problem" in read) {
    return { ...place, stored: undefined, fault: finding("digest_altered", { instance, key, what: `is no digest any more, ${oneLine(read.problem)}` }) };
  }
  return { ...place, stored: read, fault: faultOf(instance, read, trusted) };
}

function faultOf(instance: string, { key, document }: StoredDocument<Digest>, trusted: ReadonlySet<string>): Finding | undefined {
  const { header, key: signer, exports, events } = document;
  if (!isSignatureGood(document)) return finding("digest_signature", { instance, key, what: signer === null ? "is not signed" : `is not what its key ${signer} signed` });
  if (signer === null || !trusted.has(signer)) return finding("digest_key", { instance, key, what: "is signed by a key that is not trusted", expected: [...trusted].join(" or "), found: signer });
  if (header.exports !== exports.length || header.events !== events.length) {
    return finding("digest_altered", { instance, key, what: "lists another number of exports or events than it was signed for", expected: counts(header.exports, header.events), found: counts(exports.length, events.length) });
  }
  const root = merkleRoot([...exports, ...events]);
  if (root !== header.root) return finding("digest_altered", { instance, key, what: "lists other objects than it was signed for", expected: `root ${header.root}`, found: `root ${root}` });
  return undefined;
}

function counts(exports: number, events: number): string {
  return `${String(exports)} exports and ${String(events)} events`;
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

import { archiveLayout } from "../../src/lake/layout.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { Digest, DigestHeader, ListedEvent, ListedExport } from "../../src/archive/chain/digest.ts";
import type { StoredDocument } from "../../src/archive/chain/read-document.ts";
import { type CheckedChain, checkChains } from "../../src/archive/verifier/check-chain.ts";
import { checkDigest, type PlacedDigest } from "../../src/archive/verifier/check-digest.ts";
import { vouch } from "../../src/archive/verifier/vouched.ts";
import { addDays } from "../../src/ledger/days.ts";
import { digestNow, newKey } from "./sign-now.ts";

export const KEY = newKey();
export const TRUSTED = new Set([KEY.publicKey]);
export const FIRST_DAY = "2026-10-01";

export type Stored = StoredDocument<Digest>;

/** What a digest says that its place and the digest before it do not settle. */
export interface Link {
  header?: Partial<DigestHeader>;
  exports?: readonly ListedExport[];
  events?: readonly ListedEvent[];
}

export function exportNamed(name: string): ListedExport {
  const sha256 = sha256Hex(Buffer.from(name));
  return { key: `archive/prod/2026/10/01/${name}.cbor.zstd`, size: name.length, sha256, etag: name, arrived: null, bodies: "keep", records: null, receipt: null, retention: null };
}

export function eventNamed(name: string): ListedEvent {
  return { key: `archive/prod/_events/${name}.json`, size: name.length, sha256: sha256Hex(Buffer.from(name)) };
}

/** A digest as it is stored, at its own place or another. */
export function store(digest: Digest, key = archiveLayout.digest(digest.header.instance, digest.header.date)): Stored {
  const bytes = canonicalBytes(digest);
  return { key, etag: "e", size: bytes.byteLength, sha256: sha256Hex(bytes), document: digest };
}

export function linkTo({ sha256, document: { header } }: Stored): NonNullable<DigestHeader["previous"]> {
  return { instance: header.instance, date: header.date, number: header.number, sha256 };
}

/** A gateway's chain of one digest a day from `FIRST_DAY` on; what a link says of its header overrides what would follow. */
export function chainOf(links: readonly Link[], instance = "prod"): Stored[] {
  const chain: Stored[] = [];
  for (const [index, { header = {}, exports = [], events = [] }] of links.entries()) {
    const before = chain.at(-1);
    const date = addDays(FIRST_DAY, index);
    const made = {
      instance, date, number: index + 1, sealed_at: `${addDays(date, 1)}T00:10:00.000Z`, previous: before === undefined ? null : linkTo(before), others: [], closes: [],
      ...header,
    };
    chain.push(store(digestNow(made, { exports, events }, KEY)));
  }
  return chain;
}

export function judge(stored: readonly Stored[], trusted: ReadonlySet<string> = TRUSTED): PlacedDigest[] {
  return stored.map((one) => checkDigest(instanceOf(one), one, trusted));
}

/** The gateway in whose folder a digest lies. */
function instanceOf({ key }: Stored): string {
  return key.split("/")[1] ?? "";
}

/** The chains that verification sees where exactly these digests lie in the archive; nothing is annulled. */
export function check(stored: readonly Stored[], yesterday: string, instances: readonly string[] = ["prod"]): CheckedChain[] {
  const placed = judge(stored);
  const byInstance = new Map(instances.map((instance) => [instance, placed.filter((one) => one.instance === instance)]));
  const sound = placed.flatMap(({ stored: one, fault }) => (one === undefined || fault !== undefined ? [] : [one]));
  return checkChains(byInstance, vouch(sound, new Map()), yesterday, new Set());
}

/** Findings of all chains as `code: key`, and whether what they leave open may have hidden more. */
export function findingsOf(chains: readonly CheckedChain[]): string[] {
  return chains.flatMap(({ faults }) => faults.map(({ finding }) => `${finding.code} ${finding.key}`));
}

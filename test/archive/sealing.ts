import type { Archiving } from "../../src/archive/archiving.ts";
import { createHash, createPublicKey, verify } from "node:crypto";
import canonicalize from "canonicalize";
import { type SealedArchive, sealArchive } from "../../src/archive/seal-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import { generateKeys, type SigningKey } from "../../src/archive/chain/signing-key.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { testKey } from "./sign-now.ts";

export const PAIR = generateKeys();
export const KEY = testKey(PAIR.privateKey);

/** Changes of a test's ledger that make it sign. */
export function signingWith(signingKey: SigningKey = KEY): { work: { archiving: Archiving } } {
  return { work: { archiving: { ...PLAIN_ARCHIVE, signingKey } } };
}

/** @param at `2026-11-01`, or with a time. */
export async function seal(ledger: Ledger, at: string): Promise<SealedArchive> {
  return await sealArchive(ledger, await loadLedgerState(ledger.stores.lake), new Date(at));
}

/** A gateway's digests as they lie there, oldest first. */
export async function digestsOf(archive: ObjectStore, instance: string): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { key } of archive.list(`archive/${instance}/_digests/`)) digests.push(JSON.parse(Buffer.from(await archive.read(key)).toString()) as Digest);
  return digests;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What an auditor finds who has nothing but the bucket and public keys: RFC 8785, SHA-256 and Ed25519 of others' making. Empty if all is well. */
export async function auditChain(archive: ObjectStore, instance: string, publicKeys: readonly string[] = [PAIR.publicKey]): Promise<string[]> {
  const wrong: string[] = [];
  let previous: object | null = null;
  for await (const { key } of archive.list(`archive/${instance}/_digests/`)) {
    const bytes = Buffer.from(await archive.read(key));
    const { header, key: signer, signature, exports, events } = JSON.parse(bytes.toString()) as Digest;
    if (canonicalize({ header, key: signer, signature, exports, events }) !== bytes.toString()) wrong.push(`${key}: form`);
    const signedBytes = Buffer.from(canonicalize({ header, key: signer }) ?? "");
    const isGood = publicKeys.some((pem) => verify(null, signedBytes, createPublicKey(pem), Buffer.from(signature ?? "", "base64url")));
    if (!isGood) wrong.push(`${key}: signature`);
    if (canonicalize(header.previous) !== canonicalize(previous)) wrong.push(`${key}: previous`);
    if (header.root !== rootOf([...exports, ...events]).toString("hex")) wrong.push(`${key}: root`);
    for (const listed of exports) if (sha256(await archive.read(listed.key)) !== listed.sha256) wrong.push(`${listed.key}: bytes`);
    for (const listed of events) if (sha256(await archive.read(listed.key)) !== listed.sha256) wrong.push(`${listed.key}: bytes`);
    previous = { instance, date: header.date, number: header.number, sha256: sha256(bytes) };
  }
  return wrong;
}

function rootOf(entries: readonly object[]): Buffer {
  const hash = (prefix: number, ...parts: (Buffer | string)[]): Buffer => createHash("sha256").update(Buffer.concat([Buffer.of(prefix), ...parts.map((part) => Buffer.from(part))])).digest();
  if (entries.length === 0) return createHash("sha256").digest();
  if (entries.length === 1) return hash(0, canonicalize(entries[0]) ?? "");
  let half = 1;
  while (half * 2 < entries.length) half *= 2;
  return hash(1, rootOf(entries.slice(0, half)), rootOf(entries.slice(half)));
}

import { createPrivateKey, sign } from "node:crypto";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { type Digest, type ListedEvent, type ListedExport, unsignedDigest } from "../../src/archive/chain/digest.ts";
import type { Signed } from "../../src/archive/chain/signed.ts";
import { generateKeys, readSigningKey, type SigningKey } from "../../src/archive/chain/signing-key.ts";

/** A key of a test, which also signs without waiting: many tests make hundreds of documents in one expression. */
export interface TestKey extends SigningKey {
  signNow(value: object): string;
}

export function newKey(): TestKey {
  return testKey(generateKeys().privateKey);
}

/** @param pem PKCS #8. */
export function testKey(pem: string): TestKey {
  const key = createPrivateKey(pem);
  return { ...readSigningKey(pem, "the test's key"), signNow: (value) => sign(null, canonicalBytes(value), key).toString("base64url") };
}

/** What `signHeader` resolves to. */
export function signNow<Header extends object>(header: Header, key: TestKey | undefined): Signed<Header> {
  if (key === undefined) return { header, key: null, signature: null };
  return { header, key: key.publicKey, signature: key.signNow({ header, key: key.publicKey }) };
}

/** What `makeDigest` resolves to. */
export function digestNow(made: Parameters<typeof unsignedDigest>[0], listed: { exports: readonly ListedExport[]; events: readonly ListedEvent[] }, key: TestKey): Digest {
  const { header, exports, events } = unsignedDigest(made, listed);
  return { ...signNow(header, key), exports, events };
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { LedgerError } from "../../ledger/errors.ts";
import { canonicalBytes } from "./canonical.ts";

/** Ed25519 (RFC 8032). `publicKey` is the 32 bytes in base64url, as in RFC 8037. */
export interface SigningKey {
  publicKey: string;
  /** The most bytes of canonical JSON that it signs. Absent if there is no limit. */
  longest?: number;
  /** Signature of a value's canonical JSON, base64url. A key that is kept by a service asks it. */
  sign(value: object): Promise<string>;
}

/** A new key pair as PEM: PKCS #8 and SPKI. */
export function generateKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

/** @param where source of the key, for the message. Throws `key_unusable`, whose message does not quote the key. */
export function readSigningKey(pem: string, where: string): SigningKey {
  const key = parse(() => createPrivateKey(pem), where, "private");
  return {
    publicKey: publicKeyOf(createPublicKey(key)),
    sign: async (value) => sign(null, canonicalBytes(value), key).toString("base64url"),
  };
}

/** Reads a public key from PEM, or in the base64url form of the digests. Throws `key_unusable`. */
export function readPublicKey(text: string, where: string): string {
  const trimmed = text.trim();
  const key = parse(() => (/^[\w-]{43}$/.test(trimmed) ? keyNamed(trimmed) : createPublicKey(trimmed)), where, "public");
  return publicKeyOf(key);
}

/** The public key as PEM (SPKI), for other programs. */
export function publicKeyPem(publicKey: string): string {
  return keyNamed(publicKey).export({ type: "spki", format: "pem" }).toString();
}

export function isSignedBy(publicKey: string, value: object, signature: string): boolean {
  try {
    const bytes = Buffer.from(signature, "base64url");
    // The last base64url character has unused bits. Only one spelling is accepted, or a byte could be changed unnoticed.
    return bytes.toString("base64url") === signature && verify(null, canonicalBytes(value), keyNamed(publicKey), bytes);
  } catch {
    return false;
  }
}

/** The key that was used last: most documents of an archive are signed with one. */
let latest: { publicKey: string; key: KeyObject } | undefined;

function keyNamed(publicKey: string): KeyObject {
  if (latest?.publicKey !== publicKey) latest = { publicKey, key: createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" }) };
  return latest.key;
}

/** See `SigningKey.publicKey`. */
export function publicKeyOf(key: KeyObject): string {
  const { x } = key.export({ format: "jwk" });
  return x ?? "";
}

function parse(read: () => KeyObject, where: string, kind: "private" | "public"): KeyObject {
  const remedy = `aperture-ledger archive keys makes a pair; a ${kind} key must be PEM`;
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // The cause may quote the key.
    throw new LedgerError("key_unusable", `${where} does not contain a ${kind} key`, { remedy });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new LedgerError("key_unusable", `${where} contains a key of type ${String(key.asymmetricKeyType)}, not Ed25519`, { remedy });
}

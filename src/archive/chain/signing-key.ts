import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { LedgerError } from "../../ledger/errors.ts";
import { canonicalBytes } from "./canonical.ts";

/** Ed25519 (RFC 8032). The public key goes by its 32 bytes in base64url, as RFC 8037 writes them. */
export interface SigningKey {
  publicKey: string;
  /** Signature of a value's canonical JSON, base64url. */
  sign(value: object): string;
}

/** A new pair as PEM: PKCS #8 and SPKI. */
export function generateKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

/** @param where the key came from, for the message. Throws `key_unusable`, which does not quote it. */
export function readSigningKey(pem: string, where: string): SigningKey {
  const key = parse(() => createPrivateKey(pem), where, "private");
  return {
    publicKey: nameOf(createPublicKey(key)),
    sign: (value) => sign(null, canonicalBytes(value), key).toString("base64url"),
  };
}

/** The public key in a PEM text, or as digests name it. Throws `key_unusable`. */
export function readPublicKey(text: string, where: string): string {
  const trimmed = text.trim();
  const key = parse(() => (/^[\w-]{43}$/.test(trimmed) ? keyNamed(trimmed) : createPublicKey(trimmed)), where, "public");
  return nameOf(key);
}

/** The public key as others read it: SPKI in PEM. */
export function publicKeyPem(publicKey: string): string {
  return keyNamed(publicKey).export({ type: "spki", format: "pem" }).toString();
}

export function isSignedBy(publicKey: string, value: object, signature: string): boolean {
  try {
    const bytes = Buffer.from(signature, "base64url");
    // The last letter has bits to spare: there is one way to write a signature, or a byte could be changed unnoticed.
    return bytes.toString("base64url") === signature && verify(null, canonicalBytes(value), keyNamed(publicKey), bytes);
  } catch {
    return false;
  }
}

function keyNamed(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
}

function nameOf(key: KeyObject): string {
  const { x } = key.export({ format: "jwk" });
  return x ?? "";
}

function parse(read: () => KeyObject, where: string, kind: "private" | "public"): KeyObject {
  const remedy = `aperture-ledger archive keys makes a pair; ${kind} keys are read as PEM`;
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // The cause may quote what was read.
    throw new LedgerError("key_unusable", `${where} holds no ${kind} key`, { remedy });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new LedgerError("key_unusable", `${where} holds a key of the kind ${String(key.asymmetricKeyType)}, not Ed25519`, { remedy });
}

import { z } from "zod";
import { isSignedBy, type SigningKey } from "./signing-key.ts";

/** A document of the archive, stored as its canonical JSON: a header, the public key, and the signature over both. Unsigned without a key. */
export function signed<Header extends z.ZodObject>(header: Header) {
  return z.object({ header, key: z.string().nullable(), signature: z.string().nullable() });
}

export interface Signed<Header> {
  header: Header;
  /** Format: see `SigningKey.publicKey`. */
  key: string | null;
  /** Signature of the canonical JSON of `{header, key}`, base64url. */
  signature: string | null;
}

export async function signHeader<Header extends object>(header: Header, key: SigningKey | undefined): Promise<Signed<Header>> {
  if (key === undefined) return { header, key: null, signature: null };
  return { header, key: key.publicKey, signature: await key.sign({ header, key: key.publicKey }) };
}

/** Whether the signature is by the key that the document names, trusted or not. */
export function isSignatureGood({ header, key, signature }: Signed<object>): boolean {
  return key !== null && signature !== null && isSignedBy(key, { header, key }, signature);
}

/** Whether one of these keys signed the document. */
export function isSignedByAny(document: Signed<object>, keys: ReadonlySet<string>): boolean {
  return document.key !== null && keys.has(document.key) && isSignatureGood(document);
}

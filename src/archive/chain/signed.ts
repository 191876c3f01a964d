import { z } from "zod";
import { canonicalBytes, sha256Hex } from "./canonical.ts";
import { isSignedBy, type SigningKey } from "./signing-key.ts";

const SIGNS = "sha256";

/** Absent: the signature covers the header itself. */
export const signs = z.literal(SIGNS).exactOptional();

/** A document of the archive, stored as its canonical JSON: a header, the public key, and the signature over both. Unsigned without a key. */
export function signed<Header extends z.ZodObject>(header: Header) {
  return z.object({ header, key: z.string().nullable(), signature: z.string().nullable(), signs });
}

export interface Signed<Header> {
  header: Header;
  /** Format: see `SigningKey.publicKey`. */
  key: string | null;
  /** Signature of the canonical JSON of what `statementOf` returns, base64url. */
  signature: string | null;
  /** Present if the signature covers the SHA-256 of the header, since the header is longer than its key can sign. */
  signs?: typeof SIGNS;
}

export async function signHeader<Header extends object>(header: Header, key: SigningKey | undefined): Promise<Signed<Header>> {
  if (key === undefined) return { header, key: null, signature: null };
  const whole = { header, key: key.publicKey };
  const isLong = key.longest !== undefined && canonicalBytes(whole).byteLength > key.longest;
  const form = isLong ? { signs: SIGNS } as const : {};
  return { ...whole, ...form, signature: await key.sign(statementOf({ ...whole, ...form })) };
}

/**
 * What is signed. The two forms have different members, and the second contains `signs`: a signature of one form is never valid in the other,
 * and nobody can add or remove `signs`.
 */
function statementOf({ header, key, signs: form }: Omit<Signed<object>, "signature">): object {
  return form === undefined ? { header, key } : { header_sha256: sha256Hex(canonicalBytes(header)), key, signs: form };
}

/** Whether the signature is by the key that the document names, trusted or not. */
export function isSignatureGood(document: Signed<object>): boolean {
  const { key, signature } = document;
  return key !== null && signature !== null && isSignedBy(key, statementOf(document), signature);
}

/** Whether one of these keys signed the document. */
export function isSignedByAny(document: Signed<object>, keys: ReadonlySet<string>): boolean {
  return document.key !== null && keys.has(document.key) && isSignatureGood(document);
}

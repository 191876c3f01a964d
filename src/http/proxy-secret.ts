import { createHash, timingSafeEqual } from "node:crypto";
import { LedgerError } from "../ledger/errors.ts";

/** The proxy adds it to each request, and removes what its clients send under this name. */
export const SECRET_HEADER = "Aperture-Ledger-Secret";

/** Shorter ones could be guessed. */
const SHORTEST = 32;

/** What a proxy and the worker share, so that nobody else can name a login. */
export interface Secret {
  /** Whether it stands in the one header that a request has. */
  isGiven(headers: readonly string[]): boolean;
}

/** Throws `key_unusable`. @param where it was found, for messages */
export function readProxySecret(text: string, where: string): Secret {
  const secret = text.trim();
  if (!/^[\x21-\x7E]+$/.test(secret) || secret.length < SHORTEST) {
    throw new LedgerError("key_unusable", `${where} holds no secret that a header can carry`, {
      remedy: `give at least ${String(SHORTEST)} random letters and digits, without spaces`,
    });
  }
  const expected = digest(secret);
  return {
    isGiven: ([given, ...others]) => given !== undefined && others.length === 0 && timingSafeEqual(digest(given.trim()), expected),
  };
}

/** Equal lengths, which the comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

import { createHash, timingSafeEqual } from "node:crypto";
import { LedgerError } from "../ledger/errors.ts";

/** The proxy adds this header to each request, and removes it from what its clients send. */
export const SECRET_HEADER = "Aperture-Ledger-Secret";

/** A shorter secret could be guessed. */
const SHORTEST = 32;

/**
 * A secret in a header that only its sender and the worker know: of the proxy, so that nobody else can name a login, or of the gateway, so that
 * nobody else can call as a hook.
 */
export interface Secret {
  /** Whether a request has exactly one such header, and it holds the secret. */
  isGiven(headers: readonly string[]): boolean;
}

/** Throws `key_unusable`. @param where it was found, for messages */
export function readHeaderSecret(text: string, where: string): Secret {
  const secret = text.trim();
  if (!/^[\x21-\x7E]+$/.test(secret) || secret.length < SHORTEST) {
    throw new LedgerError("key_unusable", `${where} does not hold a secret that a header can carry`, {
      remedy: `give at least ${String(SHORTEST)} random letters and digits, without spaces`,
    });
  }
  const expected = digest(secret);
  return {
    isGiven: ([given, ...others]) => given !== undefined && others.length === 0 && timingSafeEqual(digest(given.trim()), expected),
  };
}

/** Gives both sides the same length, which a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

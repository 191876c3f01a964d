import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import { LedgerError } from "../../src/errors.ts";
import type { LedgerContext } from "../ledger-context.ts";

/** The configured key. Throws `key_missing`. */
export function requireSigningKey({ archiving: { signingKey } }: Pick<LedgerContext, "archiving">): SigningKey {
  if (signingKey === undefined) throw keyMissing();
  return signingKey;
}

export function keyMissing(): LedgerError {
  return new LedgerError("key_missing", "no key is configured that the archive is signed with", {
    remedy: "make one with aperture-ledger archive keys, and set archive.signing_key to its path, or APERTURE_LEDGER_SIGNING_KEY to the key",
  });
}

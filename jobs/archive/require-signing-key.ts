import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import { LedgerError } from "../../src/errors.ts";
import type { Archiving } from "./archiving.ts";

/** Throws `key_missing`: what is done to an archive has to be signed. */
export function requireSigningKey({ signingKey }: Pick<Archiving, "signingKey">): SigningKey {
  if (signingKey !== undefined) return signingKey;
  throw new LedgerError("key_missing", "no signing key is configured, and what is done to an archive has to be signed", {
    remedy: "aperture-ledger archive keys makes a pair; name its private key in archive.signing_key",
  });
}

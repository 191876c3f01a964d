import { findForeignChain } from "./chain/foreign-chain.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Stores, Work } from "../open/ledger.ts";

/** What the key is taken from and checked against. */
export interface Signing {
  stores: Pick<Stores, "archive">;
  work: Pick<Work, "archiving">;
}

/** The configured key. Throws `key_missing`. */
export function requireSigningKey({ work: { archiving: { signingKey } } }: Pick<Signing, "work">): SigningKey {
  if (signingKey === undefined) throw keyMissing();
  return signingKey;
}

/**
 * The configured key, checked against the chains, for writing events and for removals: an event signed by a key that no rotation links
 * to the chain is ignored, and what it removed would simply be missing. Throws `key_missing`, `key_unusable`.
 */
export async function requireKeyOfChain(ledger: Signing): Promise<SigningKey> {
  const signingKey = requireSigningKey(ledger);
  const foreign = await findForeignChain(ledger.stores.archive, signingKey.publicKey);
  if (foreign === undefined) return signingKey;
  throw new LedgerError("key_unusable", `the configured key is ${signingKey.publicKey}, but ${ledger.stores.archive.url}/${foreign.key} is signed by ${foreign.signer ?? "nobody"}, which no rotation links to it`, {
    remedy: "nothing was changed: configure the key that signed the archive, and introduce a new one with aperture-ledger archive keys rotate",
  });
}

export function keyMissing(): LedgerError {
  return new LedgerError("key_missing", "no key is configured to sign the archive", {
    remedy: "make one with aperture-ledger archive keys and set archive.signing_key to its path, or APERTURE_LEDGER_SIGNING_KEY to the key",
  });
}

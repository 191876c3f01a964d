import { LedgerError } from "../../ledger/errors.ts";

/** How reports hide people. */
export interface PrivacySettings {
  /** Rows about fewer people than this are folded into `(others)`. */
  smallestGroup: number;
  /** The secret that pseudonyms are made with; undefined if none is configured. */
  key: Buffer | undefined;
}

export interface Privacy extends PrivacySettings {
  key: Buffer;
}

/** Undefined where reports name people. Throws `key_missing`, before anything is written. */
export function requirePrivacy(settings: PrivacySettings | undefined): Privacy | undefined {
  if (settings === undefined) return undefined;
  const { smallestGroup, key } = settings;
  if (key === undefined) throw privacyKeyMissing();
  return { smallestGroup, key };
}

export function privacyKeyMissing(): LedgerError {
  return new LedgerError("key_missing", "no key is configured to make the pseudonyms of reports", {
    remedy: "nothing was written: set privacy.key or APERTURE_LEDGER_PRIVACY_KEY; openssl rand -base64 32 makes one, which you must keep",
  });
}

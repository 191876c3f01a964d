import type { SigningKey } from "./chain/signing-key.ts";
import type { TimestampAuthority } from "./timestamps/ask-authority.ts";
import type { LockRule } from "./copies/create-locked.ts";
import type { RetentionRule } from "./retention/retention-rule.ts";

/** A pattern and its name: matches are replaced by `[name]`. */
interface RedactedPattern {
  name: string;
  pattern: string;
}

/** What the copies keep of captured conversations. `patterns`: in addition to the built-in ones. */
export type Bodies = { kept: "keep" | "drop" } | { kept: "redact"; patterns: readonly RedactedPattern[] };

/** How exports are archived. */
export interface Archiving {
  /** Set on each object written to a store with Object Lock; `retain` starts when the export was made. */
  lock: LockRule | undefined;
  bodies: Bodies;
  /** Undefined if no key is configured: then nothing is signed and no digest is made. */
  signingKey: SigningKey | undefined;
  retention: readonly RetentionRule[];
  /** What the daily job does with expired copies. */
  purge: "dry_run" | "apply";
  /** Key of the HMAC that makes pseudonyms; undefined if none is configured. */
  erasureKey: Buffer | undefined;
  /** Undefined if no authority is configured: then no digest gets a token. */
  timestamps: TimestampAuthority | undefined;
}

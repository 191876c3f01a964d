import type { SigningKey } from "./chain/signing-key.ts";
import type { LockRule } from "./copies/create-locked.ts";
import type { RetentionRule } from "./retention/retention-rule.ts";

/** A name and what it stands for: matches become `[name]`. */
interface RedactedPattern {
  name: string;
  pattern: string;
}

/** What becomes of captured conversations in the copies. `patterns`: beside the built-in ones. */
export type Bodies = { kept: "keep" | "drop" } | { kept: "redact"; patterns: readonly RedactedPattern[] };

/** How exports are archived. */
export interface Archiving {
  /** Set on each object that is written to a store that can lock; `retain` is from when the export was made. */
  lock: LockRule | undefined;
  bodies: Bodies;
  /** Undefined where none is configured: then nothing is signed and no digest made. */
  signingKey: SigningKey | undefined;
  retention: readonly RetentionRule[];
  /** What the daily job does with what has expired. */
  purge: "dry_run" | "apply";
  /** What pseudonyms are made with; undefined where none is configured. */
  erasureKey: Buffer | undefined;
}

import type { Finding, Note } from "./finding.ts";

/** What was checked of a gateway; counts of objects. */
export interface GatewayVerification {
  instance: string;
  digests: number;
  /** `YYYY-MM-DD`, UTC; null where there is no digest. */
  first: string | null;
  last: string | null;
  /** SHA-256 of the newest digest, for an auditor's notes. */
  head: string | null;
  events: number;
  exports: { listed: number; purged: number; hashed: number };
  receipts: number;
  /** Objects whose lock or hold was compared with what was promised. */
  protections: number;
  /** For the next digest; validly signed until then. */
  waiting: { exports: number; events: number };
}

/** What was compared with the lake; null where there was none. */
export interface DerivedVerification {
  lake: string;
  exports: number;
  days: number;
  rows: number;
  closes: number;
  /** Files of closed months. */
  closed_files: number;
  /** Snapshots and true-ups that digests note. */
  records: number;
}

/** What a verification found. */
export interface Verification {
  archive: string;
  checkedAt: string;
  /** The key that was given, and those that rotations link to it. */
  publicKey: string;
  trustedKeys: string[];
  sample: { exports: number; seed: string } | null;
  gateways: GatewayVerification[];
  derived: DerivedVerification | null;
  findings: Finding[];
  notes: Note[];
  /** What was not looked at, and why. */
  notChecked: string[];
}

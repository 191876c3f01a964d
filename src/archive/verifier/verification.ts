import type { TimestampVerification } from "./check-timestamps.ts";
import type { Finding, Note } from "./finding.ts";

/** What was checked of a gateway, in numbers of objects. */
export interface GatewayVerification {
  instance: string;
  digests: number;
  /** `YYYY-MM-DD`, UTC; null if there is no digest. */
  first: string | null;
  last: string | null;
  /** SHA-256 of the newest digest, for an auditor's notes. */
  head: string | null;
  events: number;
  exports: { listed: number; purged: number; hashed: number };
  receipts: number;
  /** Objects whose lock or hold was compared with the promised one. */
  protections: number;
  /** Validly signed objects that wait for the next digest. */
  waiting: { exports: number; events: number };
  timestamps: TimestampVerification;
  /** The last earlier verification that the chain records; null if it records none. */
  last_verified: { at: string; by: string; whole: boolean; findings: number } | null;
}

/** What was compared in the lake. */
export interface DerivedVerification {
  lake: string;
  exports: number;
  days: number;
  rows: number;
  closes: number;
  /** Files of closed months. */
  closed_files: number;
  /** Snapshots and true-ups that the digests note. */
  records: number;
}

/** Objects of a gateway in which a second copy differs from the archive for one reason. */
export interface ReplicaDifference {
  code: "replica_lacks" | "replica_adds" | "replica_differs" | "replica_unlocked";
  /** Null outside the gateways' folders. */
  instance: string | null;
  objects: number;
  bytes: number;
  /** RFC 3339: when the first and the last of them were written, purged or reduced. */
  since: string;
  until: string;
  /** The first ones, in order of their keys. */
  keys: string[];
}

/** How a second copy of the archive compares with it. */
export interface ReplicaVerification {
  replica: string;
  /** Objects that are in both. */
  objects: number;
  /** Objects whose bytes in the replica were read. */
  hashed: number;
  /** Objects whose lock and legal hold were compared. */
  locks: number;
  /** Differences that are no finding, because they are so recent that replication may still be at work. */
  on_the_way: number;
  differences: ReplicaDifference[];
}

/** The result of a verification. */
export interface Verification {
  archive: string;
  checkedAt: string;
  /** The given key; `trustedKeys` also has those that rotations link to it. */
  publicKey: string;
  trustedKeys: string[];
  /** Whether the store can lock objects against change: `on` for a bucket with Object Lock, `off` for one without, `none` for a store without locks. */
  objectLock: "on" | "off" | "none";
  sample: { exports: number; seed: string } | null;
  gateways: GatewayVerification[];
  derived: DerivedVerification | null;
  /** Null if no replica was given. */
  replica: ReplicaVerification | null;
  findings: Finding[];
  notes: Note[];
  /** What was not checked, and why. */
  notChecked: string[];
}

/** Number of exports whose bytes were read. */
export function readExports({ gateways }: Pick<Verification, "gateways">): number {
  return gateways.reduce((sum, { exports }) => sum + exports.hashed, 0);
}

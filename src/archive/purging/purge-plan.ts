import { listSome } from "../../ledger/text/list-some.ts";
import type { Hold } from "../retention/hold.ts";

/** A copy of an export, with its present content according to the chain. */
export interface PlannedCopy {
  instance: string;
  key: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** The rules under which it has expired, as configured. */
  rule: string;
}

/** A copy that must be rewritten. Counts are null if the copy did not have to be read. */
export interface PlannedReduction extends PlannedCopy {
  records: number | null;
  bodies: number | null;
}

/** Why a copy stays. */
export type Cause =
  /** `until`: ISO 8601; null if only the store knows. */
  | { kind: "lock"; until: string | null }
  | { kind: "hold"; holds: readonly Pick<Hold, "id" | "by" | "reason">[] }
  /** The store has a legal hold on it. */
  | { kind: "store_hold" }
  | { kind: "other"; why: string };

/** A copy that has expired, wholly or in part, and stays. */
export interface KeptBack {
  instance: string;
  key: string;
  size: number;
  why: string;
  cause: Cause;
}

/** What retention would do, or did. Contains only names, sizes and rules. */
export interface PurgePlan {
  /** Ids of the holds in force. */
  holds: string[];
  purges: (PlannedCopy & { requests: number | null })[];
  reductions: PlannedReduction[];
  /** Changes declared by an earlier, interrupted run. */
  unfinished: { instance: string; key: string; event: "purge" | "reduction" }[];
  keptBack: KeptBack[];
}

export function formatCause(cause: Cause): string {
  switch (cause.kind) {
    case "lock":
      return cause.until === null ? "locked" : `locked until ${cause.until}`;
    case "hold":
      return formatHolds(cause.holds);
    case "store_hold":
      return "on hold: the store has a legal hold on it";
    case "other":
      return cause.why;
    default:
      return cause satisfies never;
  }
}

export function formatHolds(holds: readonly Pick<Hold, "id" | "by">[]): string {
  return listSome(holds.map(({ id, by }) => `on hold by ${by} (${id})`));
}

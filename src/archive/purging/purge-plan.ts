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

/** A copy that has expired, wholly or in part, and stays. */
export interface KeptBack {
  instance: string;
  key: string;
  size: number;
  why: string;
}

/** What retention would do, or did. Contains only names, sizes and rules. */
export interface PurgePlan {
  /** Ids of the holds in force. */
  holds: string[];
  purges: PlannedCopy[];
  reductions: PlannedReduction[];
  /** Changes declared by an earlier, interrupted run. */
  unfinished: { instance: string; key: string; event: "purge" | "reduction" }[];
  keptBack: KeptBack[];
}

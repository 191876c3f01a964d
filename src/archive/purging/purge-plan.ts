/** A copy of an export, as the chain says that it is now. */
export interface PlannedCopy {
  instance: string;
  key: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** Rules that let it go, in the words of the configuration. */
  rule: string;
}

/** A copy that is to be written anew. Counts are null where nobody had to read it to know. */
export interface PlannedReduction extends PlannedCopy {
  records: number | null;
  bodies: number | null;
}

/** A copy that has expired, or something of it, and stays. */
export interface KeptBack {
  instance: string;
  key: string;
  size: number;
  why: string;
}

/** What retention would do, or did. Nothing but names, sizes and rules. */
export interface PurgePlan {
  /** Ids of the holds that were in force. */
  holds: string[];
  purges: PlannedCopy[];
  reductions: PlannedReduction[];
  /** Declared by an earlier run that did not come to its end. */
  unfinished: { instance: string; key: string; event: "purge" | "reduction" }[];
  keptBack: KeptBack[];
}

/** What `doctor` found out about one thing. */
export interface Finding {
  check: string;
  state: "ok" | "attention" | "failed";
  finding: string;
  /** What to do about it; absent when there is nothing to do. */
  remedy?: string;
  /** What was tried for it, one after the other. */
  steps?: FindingStep[];
}

export interface FindingStep {
  step: string;
  state: "ok" | "failed";
  result: string;
}

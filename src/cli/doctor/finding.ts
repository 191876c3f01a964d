/** What `doctor` found out about one thing. */
export interface Finding {
  check: string;
  state: "ok" | "attention" | "failed";
  finding: string;
  /** What to do about it; absent when there is nothing to do. */
  remedy?: string;
  /** The steps that were tried, in order. */
  steps?: FindingStep[];
}

export interface FindingStep {
  step: string;
  state: "ok" | "failed";
  result: string;
}

/** Names of the export's files, by format. */
export const FOCUS_FILES = { parquet: "focus.parquet", csv: "focus.csv", "csv.gz": "focus.csv.gz" } as const;
/** In the order in which they are written. */
export const FOCUS_FORMATS = ["csv", "csv.gz", "parquet"] as const satisfies readonly (keyof typeof FOCUS_FILES)[];
export type FocusFormat = (typeof FOCUS_FORMATS)[number];

export const FOCUS_VERSIONS = ["1.2", "1.3", "1.4"] as const;
export type FocusVersion = (typeof FOCUS_VERSIONS)[number];

/** Whether a version is the given one or a later one. */
export function isFrom(version: FocusVersion, first: FocusVersion): boolean {
  return FOCUS_VERSIONS.indexOf(version) >= FOCUS_VERSIONS.indexOf(first);
}

export interface FocusSettings {
  version: FocusVersion;
  /** `team`: without callers, and with rows summed up that differ in nothing else. */
  detail: "caller" | "team";
  /** At least one. */
  formats: readonly FocusFormat[];
  /** Whether the report of the month to date has them. */
  nightly: boolean;
}

/** Columns that only rows by caller have. */
export const CALLER_COLUMNS: readonly string[] = ["x_Caller", "x_CallerType"];

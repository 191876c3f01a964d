import type { Duration } from "./duration.ts";

/** How long what is kept of some records; the first rule that fits a record decides, for each content on its own. */
export interface RetentionRule {
  /** `records`: all of a record; `bodies`: its captured conversation. */
  content: "records" | "bodies";
  /** From when the export was made. */
  keep: Duration;
  instance: string | undefined;
  /** Any of them. */
  teams: readonly string[] | undefined;
  callerType: "user" | "tag" | "unknown" | undefined;
}

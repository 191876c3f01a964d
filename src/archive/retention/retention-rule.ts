import type { Duration } from "./duration.ts";

/** How long some records or their bodies are kept. For each content, the first rule that matches a record decides. */
export interface RetentionRule {
  /** `records`: all of a record; `bodies`: its captured conversation. */
  content: "records" | "bodies";
  /** Starts when the export was made. */
  keep: Duration;
  instance: string | undefined;
  /** The caller is in at least one of them. */
  teams: readonly string[] | undefined;
  callerType: "user" | "tag" | "unknown" | undefined;
}

import type { HealthKind } from "../../ledger/alert-kinds.ts";

/** Something that is wrong with the ledger itself, or with the data that it gets. Of records it contains names of models, paths of fields and ids, and no other value. */
export interface Condition {
  kind: HealthKind;
  /** Name of the gateway; `archive` for the archive as a whole. */
  subject: string;
  /** The time at which the condition began according to the data, even if it was noticed later. */
  since: Date;
  /** The affected items, such as names of exports or models, in order. Each item is reported once. Empty for a condition without items. */
  members: readonly string[];
  /** Lines of detail. Without members, the first line says what happened. */
  facts: readonly string[];
  /** Advice that depends on the finding; otherwise the advice in `HEALTH_WORDS` applies. */
  remedy?: string;
  /** Figures for machines: money as text of dollars with nine decimals. */
  figures: Readonly<Record<string, string | number | null>>;
}

/** The subject of conditions of the whole archive. No gateway can have this name. */
export const ARCHIVE_SUBJECT = "the archive";

/** `2026-10-05T11:00:00Z` */
export function toSeconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, "Z");
}

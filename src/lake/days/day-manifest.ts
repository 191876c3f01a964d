import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import { etagText } from "../etag-text.ts";
import { assumedBilling, NOTHING_ASSUMED } from "./assumed-billing.ts";
import { NOT_PRICED } from "./day-pricing.ts";
import { unknownCount } from "./unknown-counts.ts";
import { landedTable, recordCounts, recordIds, sourceObject, type WrittenTable, writtenObject, writtenTable } from "../landing/export-manifest.ts";
import { NOTHING_READABLE, quarantinedMoney } from "../landing/quarantined-money.ts";
import { unknownKeyList } from "../landing/reading-notes.ts";

/**
 * What retention left of an export's copy: `reduced` lacks bodies, `partial` lacks records. A `partial` or `purged` export is
 * never read again: re-reading would yield fewer records than the first ingest.
 */
const copyState = z.enum(["whole", "reduced", "partial", "purged"]);
export type CopyState = z.infer<typeof copyState>;

/** The facts that decide whether an export is fresh; the rest is in the export's own manifest. */
const exportSummary = z.object({
  manifest: z.object({ key: z.string(), etag: etagText }),
  name: z.string(),
  stem: z.string(),
  time: z.iso.datetime(),
  sources: z.array(sourceObject),
  archive: z.string(),
  /** The copy; null in manifests of versions that did not note it. */
  content: writtenObject.omit({ key: true }).nullable().default(null),
  copy: copyState.default("whole"),
  quarantine: z.object({ key: z.string(), etag: etagText }).nullable(),
  settings: z.string(),
  erasures: z.array(z.string()).default([]),
  records: recordCounts,
  versions: z.record(z.string(), z.number()),
  record_ids: recordIds.nullable().default(null),
  /** The readable amounts and callers of its quarantined records. */
  readable: quarantinedMoney.default(NOTHING_READABLE),
  unknown_keys: unknownKeyList,
  damaged: z.boolean(),
  /** Number of landing files of the export over all dates. */
  landing_files: z.number(),
});
export type ExportSummary = z.infer<typeof exportSummary>;

const dayInput = z.object({ export: exportSummary, landing: landedTable });
/** One landing file that a day was built from, and the export it came from. */
export type DayInput = z.infer<typeof dayInput>;

const dayTotals = z.object({
  requests: z.number(),
  /** Dollars with nine decimals. */
  cost_usd: dollarsText,
  /** Requests with tokens but without a price. */
  unpriced_requests: z.number(),
});
export type DayTotals = z.infer<typeof dayTotals>;

/**
 * The inputs and results of one day of one gateway: the commit point of its build.
 * Kept at `_ledger/days/<date>/<instance>.json`. The summaries of its exports are in it so that a run
 * finds out what is fresh with one request per day instead of one per export.
 */
export const dayManifest = z.object({
  format: z.literal(1),
  date: z.iso.date(),
  instance: z.string(),
  /** Version of the build that made the tables. */
  build: z.number(),
  /** Digest of the prices; days of versions without prices have the digest for none. */
  pricing: z.string().default(NOT_PRICED),
  /** In order of the landing files' keys. */
  inputs: z.array(dayInput),
  usage: writtenTable,
  rollups: writtenTable,
  /** Null where no request called a tool, and in manifests of versions that did not write the table. */
  tools: writtenTable.nullable().default(null),
  /** Landed rows that repeat a request. */
  duplicates: z.number(),
  /** Requests that share a capture id or a record id with a different request of the day. */
  identifiers_used_again: z.number().default(0),
  assumed_billing: assumedBilling.default(NOTHING_ASSUMED),
  totals: dayTotals,
  /** Totals of its requests, each counted once. */
  unknown_counts: z.array(unknownCount).default([]),
});
export type DayManifest = z.infer<typeof dayManifest>;

/** The tables that a day has. */
export function tablesOf({ usage, rollups, tools }: Pick<DayManifest, "usage" | "rollups" | "tools">): WrittenTable[] {
  return tools === null ? [usage, rollups] : [usage, rollups, tools];
}

/** Rows of a table of several days. */
export function rowsOfDays(days: readonly DayManifest[], table: "usage" | "rollups"): number {
  return days.reduce((sum, day) => sum + day[table].rows, 0);
}

import { z } from "zod";
import { etagText } from "../etag-text.ts";
import { NOTHING_READABLE, quarantinedMoney } from "./quarantined-money.ts";
import { alteredList, unknownKeyList } from "./reading-notes.ts";

export const writtenObject = z.object({
  key: z.string(),
  etag: etagText,
  /** Bytes. */
  size: z.number(),
  /** Lower-case hex. */
  sha256: z.string(),
});
/** An object as a manifest describes it. */
export type WrittenObject = z.infer<typeof writtenObject>;

export const writtenTable = writtenObject.extend({ rows: z.number() });
export type WrittenTable = z.infer<typeof writtenTable>;

/** `altered`: texts and values of its records that were replaced, cut or left out. */
export const landedTable = writtenTable.extend({ altered: alteredList });
const landedFile = landedTable.extend({ date: z.iso.date() });
/** The records of one export on one UTC date. */
export type LandedFile = z.infer<typeof landedFile>;

/** Always `accepted + quarantined = read`. */
export const recordCounts = z.object({ read: z.number(), accepted: z.number(), quarantined: z.number() });

export const sourceObject = z.object({
  /** Root of the source it was listed in. */
  url: z.string(),
  key: z.string(),
  etag: etagText,
});
/** Where an export was seen; the same export may be found in several places. */
export type SourceObject = z.infer<typeof sourceObject>;

const idRun = z.object({ first: z.string(), last: z.string(), from: z.iso.datetime().nullable(), to: z.iso.datetime().nullable() });
/** Ids that the gateway gave its records, as runs of consecutive ones; at most 200, `merged` where there were more. Ids are decimal. */
export const recordIds = z.object({ runs: z.array(idRun), merged: z.boolean() });
const arrivedContent = z.object({
  /** Bytes. */
  size: z.number(),
  /** Lower-case hex. */
  sha256: z.string(),
});
/** Why and when parts of a copy were removed; the archive's chain records the same. */
const retired = z.object({ at: z.iso.datetime(), rule: z.string() });

const damage = z.object({ code: z.string(), message: z.string(), offset: z.number() });

/**
 * The outcome of ingesting one export object: the commit point, written after everything it names.
 * Kept at `_ledger/exports/<instance>/<stem>.json`.
 */
export const exportManifest = z.object({
  format: z.literal(1),
  instance: z.string(),
  /** Last part of the object's key, as in the `export` column. */
  name: z.string(),
  stem: z.string(),
  /** 0 for the first export under its name, 1, 2, … for those that replaced it. */
  version: z.number(),
  /** When the export was made. */
  time: z.iso.datetime(),
  sources: z.array(sourceObject),
  /** The copy from which everything is derived. */
  archive: writtenObject,
  /** The export as it arrived, where the copy has less content; null where the copy is identical. It distinguishes an export from others of its name. */
  arrived: arrivedContent.nullable().default(null),
  /** How captured conversations were treated when the copy was made. */
  bodies: z.enum(["keep", "drop", "redact"]).default("keep"),
  /** The copy was rewritten without expired content; `records` counts the records left out so far. */
  reduced: retired.extend({ records: z.number() }).nullable().default(null),
  /** The copy was removed when all of it had expired. */
  purged: retired.nullable().default(null),
  /** Digest of everything that its landing files depend on, besides the export's bytes. */
  settings: z.string(),
  /** Ids of the erasures applied to its landing files, in order. */
  erasures: z.array(z.string()).default([]),
  records: recordCounts,
  /** Records per schema version that the gateway wrote (`ver`; `none` where it wrote none). */
  versions: z.record(z.string(), z.number()),
  /** Null where it was read by a version that did not note them. */
  record_ids: recordIds.nullable().default(null),
  content_bytes: z.number(),
  /** Damage of the arrived bytes: the copy ends where they became unreadable. */
  damage: damage.nullable(),
  quarantine: writtenObject.extend({ reasons: z.record(z.string(), z.number()), readable: quarantinedMoney.default(NOTHING_READABLE) }).nullable(),
  unknown_keys: unknownKeyList,
  landing: z.array(landedFile),
});
export type ExportManifest = z.infer<typeof exportManifest>;

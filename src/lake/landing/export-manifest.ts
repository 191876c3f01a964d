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
/** An object that a manifest vouches for. */
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
/** Why and when something of a copy was taken away; the archive's chain says the same. */
const retired = z.object({ at: z.iso.datetime(), rule: z.string() });

const damage = z.object({ code: z.string(), message: z.string(), offset: z.number() });

/**
 * The outcome of ingesting one export object: the commit point, written after everything it names.
 * Kept at `_ledger/exports/<instance>/<stem>.json`.
 */
export const exportManifest = z.object({
  format: z.literal(1),
  instance: z.string(),
  /** Last part of the object's key, as the `export` column has it. */
  name: z.string(),
  stem: z.string(),
  /** 0 for the first export under its name, 1, 2, … for those that replaced it. */
  version: z.number(),
  /** When the export was made. */
  time: z.iso.datetime(),
  sources: z.array(sourceObject),
  /** The copy that everything is derived from. */
  archive: writtenObject,
  /** The export as it came, where the copy holds less; null where the copy is identical. It distinguishes an export from others of its name. */
  arrived: arrivedContent.nullable().default(null),
  /** How captured conversations were treated when the copy was made. */
  bodies: z.enum(["keep", "drop", "redact"]).default("keep"),
  /** The copy was rewritten without expired content; `records` counts the records left out so far. */
  reduced: retired.extend({ records: z.number() }).nullable().default(null),
  /** The copy was removed when all of it had expired. */
  purged: retired.nullable().default(null),
  /** Digest of everything but the export's bytes that its landing files are a function of. */
  settings: z.string(),
  /** Ids of the erasures that its landing files went through, in order. */
  erasures: z.array(z.string()).default([]),
  records: recordCounts,
  /** Records per schema version that the gateway wrote (`ver`; `none` where it wrote none). */
  versions: z.record(z.string(), z.number()),
  /** Null where it was read before they were noted. */
  record_ids: recordIds.nullable().default(null),
  content_bytes: z.number(),
  /** Of what came: the copy ends where that could not be read any further. */
  damage: damage.nullable(),
  quarantine: writtenObject.extend({ reasons: z.record(z.string(), z.number()), readable: quarantinedMoney.default(NOTHING_READABLE) }).nullable(),
  unknown_keys: unknownKeyList,
  landing: z.array(landedFile),
});
export type ExportManifest = z.infer<typeof exportManifest>;

import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import pMap from "p-map";
import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { directUsd } from "../months/allocation-manifest.ts";
import { correctionManifest } from "../months/correction-manifest.ts";
import { readJson } from "../json-object.ts";
import { CLOSES, layout } from "../layout.ts";
import { listEtags } from "../ledger-state.ts";
import { monthState } from "../months/month-inputs.ts";

const closedFile = z.object({
  /** Name of the file in the folder of the close. */
  name: z.string(),
  key: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: z.string(),
  /** Whether it is a file of the report, which is also at `reports/<month>/`. */
  report: z.boolean(),
  /** Whether the file says who closed the month and when. The id does not cover such files, but `digest` does. */
  says_close: z.literal(true).optional(),
});
export type ClosedFile = z.infer<typeof closedFile>;

const chainHead = z.object({
  instance: z.string(),
  /** `YYYY-MM-DD`, UTC: the day of the digest. */
  day: z.string(),
  sha256: z.string(),
});
/** The newest digest of a gateway's chain in the archive. */
export type ChainHead = z.infer<typeof chainHead>;

/**
 * A closed month with its inputs and results. It is written after the files that it names, create-only, and is the commit
 * point of the close. Dollars have nine decimals. Kept at `_ledger/closes/<month>.json`.
 */
export const closeRecord = monthState.extend({
  format: z.literal(1),
  /** IANA name of the month's time zone. */
  timezone: z.string(),
  /**
   * Start of the SHA-256 of everything except this id, who closed the month and when, the chain, the digest, and the files that contain these. Equal
   * closes have equal ids.
   */
  id: z.string(),
  /** SHA-256 of the whole record except this member. Closes before version 0.2 have none. */
  digest: z.string().optional(),
  closed_at: z.iso.datetime(),
  closed_by: z.string(),
  /** The newest digest of each gateway at the close. Closes before version 0.2 have none. */
  chain: z.array(chainHead).optional(),
  /** SHA-256 of the JSON report without its close, so that the id covers everything on a page. */
  report_sha256: z.string().optional(),
  /** The rate at which the report shows amounts in a second currency; absent without one. */
  rate: z.object({ currency: z.string(), per_usd: dollarsText, from: z.string(), source: z.string() }).optional(),
  files: z.array(closedFile),
  /** The manifest of the table `allocations`, in case it is lost. */
  allocations: z.object({ rows: z.number(), cost_usd: dollarsText, direct_usd: directUsd }),
  totals: z.object({
    owed_usd: dollarsText,
    list_value_usd: dollarsText,
    teams: z.array(z.object({ team: z.string(), cost_center: z.string().nullable(), owed_usd: dollarsText, list_value_usd: dollarsText })),
  }),
  /** Possible gaps in the figures. */
  attention: z.object({
    damaged_exports: z.number(),
    quarantined_records: z.number(),
    unpriced_requests: z.number(),
    unallocated_owed_usd: dollarsText,
    days_without_usage: z.array(z.string()),
  }),
  /** Corrections of earlier closed months that are booked in this month. */
  corrections: correctionManifest.omit({ format: true, month: true, table: true }).nullable(),
  /** All earlier closes with the SHA-256 of their records, so that none can be removed or changed unnoticed. */
  closed_before: z.array(z.object({ month: z.string(), sha256: z.string() })),
});
export type CloseRecord = z.infer<typeof closeRecord>;

/** @param made the record without the members that may differ in a repeated close: who closed it and when, and the chain at that time. */
export function idOfClose(made: Omit<CloseRecord, "id" | "digest" | "closed_at" | "closed_by" | "chain" | "files"> & { files: readonly Omit<ClosedFile, "key">[] }): string {
  const files = made.files.filter(({ says_close: saysClose }) => saysClose === undefined).map(({ name, size, sha256, report }) => ({ name, size, sha256, report }));
  return digestOf({ ...made, files }).slice(0, 16);
}

/** Adds the digest of everything that the record says. */
export function sealClose(record: Omit<CloseRecord, "digest">): CloseRecord {
  return { ...record, digest: digestOf(record) };
}

/** Name of the folder for files that say who closed a month and when. A close that is repeated at another time has a different folder. */
export function nameStatement({ id, at, by, chain }: { id: string; at: Date; by: string; chain: readonly ChainHead[] }): string {
  return `said-${digestOf({ id, at: at.toISOString(), by, chain }).slice(0, 16)}`;
}

/** The entries of a later close about these closes. */
export function vouchFor(closes: readonly CloseRecord[]): CloseRecord["closed_before"] {
  return closes.map((close) => ({ month: close.month, sha256: digestOf(close) }));
}

function digestOf(value: object): string {
  return createHash("sha256").update(String(canonicalize(value))).digest("hex");
}

/** All closes, in order of month. Throws `closed_file_altered` where a close that a later one names is missing or altered. */
export async function loadCloses(store: ObjectStore): Promise<CloseRecord[]> {
  const keys = [...(await listEtags(store, CLOSES)).keys()].sort();
  const closes = await pMap(keys, (key) => readClose(store, key), { concurrency: READS_AT_ONCE });
  const digests = new Map(vouchFor(closes).map(({ month, sha256 }) => [month, sha256]));
  for (const { month: later, closed_before } of closes) {
    for (const { month, sha256 } of closed_before) {
      if (digests.get(month) !== sha256) throw altered(store, month, `${digests.has(month) ? "is no longer what it was" : "is gone, and was there"} when ${later} was closed`);
    }
  }
  return closes;
}

/** Undefined for an open month. */
export async function findClose(store: ObjectStore, month: string): Promise<CloseRecord | undefined> {
  const key = layout.close(month);
  return (await store.head(key)) === undefined ? undefined : await readClose(store, key);
}

/** The record of a closed month. */
export async function readCloseOf(store: ObjectStore, month: string): Promise<CloseRecord> {
  return await readClose(store, layout.close(month));
}

async function readClose(store: ObjectStore, key: string): Promise<CloseRecord> {
  const record = await readJson(store, key, closeRecord, RESTORE);
  const { digest, ...sealed } = record;
  const { id, closed_at: _when, closed_by: _who, chain: _chain, ...made } = sealed;
  if (idOfClose(made) !== id || (digest !== undefined && digestOf(sealed) !== digest)) throw altered(store, record.month, "is no longer what was closed");
  return record;
}

const RESTORE = "restore the object from a backup: without it the month would be open again";

function altered({ url }: ObjectStore, month: string, how: string): LedgerError {
  return new LedgerError("closed_file_altered", `${url}/${layout.close(month)} ${how}`, { remedy: RESTORE });
}

import { zstdCompressSync } from "node:zlib";
import { createHash } from "node:crypto";
import { encode } from "cborg";
import { layout } from "../../src/lake/layout.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";

/** A record as plain as a test needs it. */
export interface PlainRecord {
  id: number;
  capture_id: string;
  session_id: string;
  timestamp: string;
  identity: { login_name: string };
  [field: string]: unknown;
}

const FIRST_EXPORT = Date.UTC(2026, 9, 5, 1) / 1000;

/** When the export of that number is made: one an hour. */
export function exportSeconds(index: number): number {
  return FIRST_EXPORT + index * 3600;
}

/** Puts an export of these records into an archive; returns its key. */
export async function archiveRecords(archive: ObjectStore, instance: string, index: number, records: readonly PlainRecord[]): Promise<string> {
  const seconds = exportSeconds(index);
  const key = layout.archive(instance, new Date(seconds * 1000), `ts-aperture-export-${String(seconds)}`);
  await archive.create(key, zstdCompressSync(Buffer.concat(records.map((record) => encode(record)))));
  return key;
}

/** SHA-256 of a record as it is encoded in the export, lower-case hex. */
export function recordHash(record: PlainRecord): string {
  return createHash("sha256").update(encode(record)).digest("hex");
}

export function recordOf(id: number, login: string, changes: Record<string, unknown> = {}): PlainRecord {
  const at = new Date((FIRST_EXPORT - 3000 + id) * 1000).toISOString();
  return { id, capture_id: `cap-${String(id)}`, session_id: `ses-${String(id % 3)}`, timestamp: at, identity: { login_name: login }, model: "anthropic/claude-opus-4-8", ...changes };
}

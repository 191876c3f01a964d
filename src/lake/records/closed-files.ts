import { createHash } from "node:crypto";
import { join } from "node:path";
import pMap from "p-map";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { AllocationManifest } from "../months/allocation-manifest.ts";
import type { ClosedFile, CloseRecord } from "./close-record.ts";
import { replaceJson } from "../json-object.ts";
import { downloadWritten } from "../download-written.ts";
import { layout } from "../layout.ts";

export const FROZEN_ALLOCATIONS = "allocations.parquet";
export const FROZEN_CORRECTIONS = "corrections.parquet";
export const FROZEN_COUNTS = "provider-counts.json";
export const FROZEN_PRICES = "prices.json";
/** Exists only in closes whose reports have pseudonyms. */
export const FROZEN_PRIVACY = "privacy.json";
export const FROZEN_SETTINGS = "settings.json";

/** Name of a day's `usage` table in the folder of a close, which is the table's key in the lake. */
export function frozenUsage(date: string, instance: string): string {
  return layout.usage(date, instance);
}

/** Concurrent files: every team has its own. */
const FILES_AT_ONCE = 16;

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes of a file of a close. Throws `closed_file_altered` when the bytes differ from those of the close. */
export async function readClosed(lake: ObjectStore, file: ClosedFile): Promise<Uint8Array> {
  const bytes = await lake.read(file.key);
  if (sha256Of(bytes) !== file.sha256) throw altered(lake, file.key);
  return bytes;
}

/** Downloads a file of a close, and checks its digest. */
export async function downloadClosed(lake: ObjectStore, { key, sha256 }: ClosedFile, to: string): Promise<void> {
  if ((await lake.download(key, to)).sha256 !== sha256) throw altered(lake, key);
}

export function findClosedFile({ files }: CloseRecord, name: string): ClosedFile | undefined {
  return files.find((file) => file.name === name);
}

export function closedFile(lake: ObjectStore, record: CloseRecord, name: string): ClosedFile {
  const file = findClosedFile(record, name);
  if (file !== undefined) return file;
  throw new LedgerError("closed_file_altered", `${lake.url}/${layout.close(record.month)} does not name ${name}`, {
    remedy: "restore the close record from a backup",
  });
}

/** Writes one file of a close, unless it exists. Throws `closed_file_altered` when the existing file is different. */
export async function createClosed(lake: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  if ((await lake.create(key, bytes)) !== undefined) return;
  if (sha256Of(await lake.read(key)) !== sha256Of(bytes)) throw altered(lake, key);
}

/**
 * Copies an object of the lake into the folder of a close, in constant memory, unless it already exists. Throws `object_changed` where the object no longer
 * has these bytes, and `closed_file_altered` where there is a different file.
 */
export async function copyIntoClose(lake: ObjectStore, from: string, { key, sha256 }: Pick<ClosedFile, "key" | "sha256">): Promise<void> {
  await withWorkspace(async (workspace) => {
    const file = join(workspace, "copied");
    await downloadWritten(lake, { key: from, sha256 }, file);
    if ((await lake.create(key, { file })) !== undefined) return;
    if ((await lake.download(key, file)).sha256 !== sha256) throw altered(lake, key);
  });
}

/** Restores files of the report that differ from those of the close. Resolves to the keys that were written. */
export async function restoreReport(lake: ObjectStore, record: CloseRecord): Promise<string[]> {
  const restored = await pMap(record.files, (file) => restoreFile(lake, record.month, file), { concurrency: FILES_AT_ONCE });
  return restored.filter((key) => key !== undefined);
}

async function restoreFile(lake: ObjectStore, month: string, file: ClosedFile): Promise<string | undefined> {
  if (!file.report) {
    // Tables may be large.
    await withWorkspace((workspace) => downloadClosed(lake, file, join(workspace, "checked")));
    return undefined;
  }
  const bytes = await readClosed(lake, file);
  const key = layout.report(month, file.name);
  const there = await lake.head(key);
  if (there?.size === file.size && sha256Of(await lake.read(key)) === file.sha256) return undefined;
  await lake.replace(key, bytes);
  return key;
}

/** Restores a lost or altered table of a closed month, and its manifest. */
export async function restoreAllocations(lake: ObjectStore, record: CloseRecord): Promise<AllocationManifest> {
  const { rows, cost_usd, direct_usd } = record.allocations;
  const { size, sha256, ...frozen } = closedFile(lake, record, FROZEN_ALLOCATIONS);
  const key = layout.allocations(record.month);
  const { etag } = await lake.replace(key, await readClosed(lake, { ...frozen, size, sha256 }));
  const manifest: AllocationManifest = {
    format: 1,
    month: record.month,
    inputs: record.inputs.map(({ date, instance, rollups }) => ({ date, instance, sha256: rollups })),
    settings: record.settings,
    allocations: { key, etag, size, sha256, rows },
    totals: { cost_usd, direct_usd },
  };
  await replaceJson(lake, layout.allocationManifest(record.month), manifest);
  return manifest;
}

function altered({ url }: ObjectStore, key: string): LedgerError {
  return new LedgerError("closed_file_altered", `${url}/${key} is no longer what was closed`, {
    remedy: "restore that object from a backup: a closed month is never rebuilt",
  });
}

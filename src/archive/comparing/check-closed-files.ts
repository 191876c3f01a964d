import { join } from "node:path";
import pMap from "p-map";
import { sha256Hex } from "../chain/canonical.ts";
import { type Finding, finding, type Note } from "../verifier/finding.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { type ClosedFile, type CloseRecord, closeRecord } from "../../lake/records/close-record.ts";
import { FROZEN_ALLOCATIONS } from "../../lake/records/closed-files.ts";
import { readDerived } from "../../lake/json-object.ts";
import { CLOSES, layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";

export interface CheckedClosedFiles {
  findings: Finding[];
  notes: Note[];
  notChecked: string[];
  files: number;
}

const FILES_AT_ONCE = 8;

/**
 * Compares the files of closed months with their close records. The published report and table are copies of these files and can be
 * restored from them, so a difference there is only a note.
 */
export async function checkClosedFiles(lake: ObjectStore): Promise<CheckedClosedFiles> {
  const checked: CheckedClosedFiles = { findings: [], notes: [], notChecked: [], files: 0 };
  const keys: string[] = [];
  for await (const { key } of lake.list(CLOSES)) keys.push(key);
  for (const key of keys) {
    const record = await readDerived(lake, key, closeRecord);
    if (record === undefined) checked.notChecked.push(`files of the month closed by ${key}: it is not a valid close record`);
    else await pMap(record.files, (file) => checkFile(lake, record, file, checked), { concurrency: FILES_AT_ONCE });
  }
  return checked;
}

async function checkFile(lake: ObjectStore, { month }: CloseRecord, file: ClosedFile, checked: CheckedClosedFiles): Promise<void> {
  checked.files++;
  const found = await downloadedHash(lake, file.key);
  if (found !== file.sha256) {
    const what = `${found === null ? "is missing" : "is not what was closed"}, according to ${layout.close(month)}`;
    checked.findings.push(finding("closed_file_altered", { instance: null, key: file.key, what, expected: file.sha256, found }));
  }
  const served = file.report ? layout.report(month, file.name) : file.name === FROZEN_ALLOCATIONS ? layout.allocations(month) : undefined;
  if (served === undefined) return;
  const shown = await hashOf(lake, served);
  if (shown !== null && shown !== file.sha256) checked.notes.push({ key: served, text: `is not what was closed: aperture-ledger chargeback --month ${month} restores it` });
}

/** Like `hashOf`, but in constant memory, since a close also keeps large tables. */
async function downloadedHash(lake: ObjectStore, key: string): Promise<string | null> {
  try {
    return await withWorkspace(async (workspace) => (await lake.download(key, join(workspace, "closed"))).sha256);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof LedgerError && error.code === "object_missing";
}

/** Null if the object does not exist. */
export async function hashOf(lake: ObjectStore, key: string): Promise<string | null> {
  try {
    return sha256Hex(await lake.read(key));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

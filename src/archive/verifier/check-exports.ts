import { rm } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { Download, ObjectStore } from "../../storage/object-store.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { type ExpectedExport, listerOf } from "../chain/expected-exports.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import { checkProtection, type OwedProtection } from "./check-protection.ts";
import { markOf, type UnvouchedReason } from "../copies/unvouched.ts";
import { checkReceipt } from "./check-receipt.ts";
import { type Finding, finding, type Note } from "./finding.ts";

/** Each may be as large as an export is, on disk. */
const AT_ONCE = 8;

/** What the exports of a gateway are compared with. */
export interface ExportsToCheck {
  instance: string;
  listing: GatewayArchive;
  expected: ReadonlyMap<string, ExpectedExport>;
  /** Whether the event that last changed an export is in a digest. */
  isChangeSealed: (key: string) => boolean;
  trusted: ReadonlySet<string>;
  /** Where bytes with that SHA-256 were listed. */
  keyOfHash: ReadonlyMap<string, string>;
  /** Whether an export's bytes are read; its size always is. */
  isHashed: (key: string) => boolean;
  /** Undefined where the store cannot say. */
  owed: ((expected: ExpectedExport) => OwedProtection) | undefined;
}

export interface CheckedExports {
  findings: Finding[];
  /** Those among them that a lost event may explain. */
  changed: Finding[];
  notes: Note[];
  /** Exports that no trusted key vouches for, by key. */
  unvouched: Map<string, UnvouchedReason>;
  hashed: number;
  receipts: number;
  protections: number;
}

/** Looks at every export that the chain lists: bytes, receipt, lock. Constant memory. */
export async function checkExports(archive: ObjectStore, workspace: string, what: ExportsToCheck, step: () => void): Promise<CheckedExports> {
  const checked: CheckedExports = { findings: [], changed: [], notes: [], unvouched: new Map(), hashed: 0, receipts: 0, protections: 0 };
  await pMap(
    what.expected.values(),
    async (expected) => {
      await checkExport(archive, workspace, expected, what, checked);
      step();
    },
    { concurrency: AT_ONCE },
  );
  return checked;
}

async function checkExport(archive: ObjectStore, workspace: string, expected: ExpectedExport, what: ExportsToCheck, checked: CheckedExports): Promise<void> {
  const { instance, listing } = what;
  const { key, receipt } = expected.listed;
  const size = listing.exports.get(key)?.size;
  const content = await checkContent(archive, workspace, expected, size, what, checked);
  if (content !== undefined) {
    checked.findings.push(content);
    if (content.code === "deleted" || content.code === "altered") checked.changed.push(content);
  }
  let unvouched = markOf(expected.listed);
  if (receipt !== null) {
    checked.receipts++;
    const { trusted } = what;
    const found = await checkReceipt(archive, { instance, exportKey: key, sha256: receipt, size: listing.receipts.get(archiveLayout.receipt(key))?.size, trusted });
    if (typeof found === "object") checked.findings.push(found);
    else unvouched ??= found;
  }
  if (unvouched !== undefined) checked.unvouched.set(key, unvouched);
  if (archive.locks === undefined || what.owed === undefined || size === undefined || content?.code === "deleted" || expected.now === null) return;
  const owed = what.owed(expected);
  if (owed.retention === undefined && !owed.isHeld) return;
  checked.protections++;
  const found = await checkProtection(archive.locks, instance, key, owed);
  if (found !== undefined) checked.findings.push(found);
}

async function checkContent(
  archive: ObjectStore,
  workspace: string,
  expected: ExpectedExport,
  size: number | undefined,
  { instance, isHashed, isChangeSealed, keyOfHash }: ExportsToCheck,
  checked: CheckedExports,
): Promise<Finding | undefined> {
  const { listed: { key }, now, before } = expected;
  const listedBy = `as ${listerOf(expected)} lists it`;
  if (size === undefined) {
    return now === null ? undefined : finding("deleted", { instance, key, what: `is not there ${listedBy}`, expected: now.sha256 });
  }
  const owed = now ?? before.at(-1);
  if (owed === undefined) return undefined;
  const waiting = { key, text: "a tombstone says that it was purged, and it is still there: the next run of the retention job removes it" };
  if (size === owed.size && !isHashed(key)) {
    if (now === null) checked.notes.push(waiting);
    return undefined;
  }
  const found = await hash(archive, key, workspace);
  if (found === undefined) return finding("deleted", { instance, key, what: `is not there any more ${listedBy}`, expected: owed.sha256 });
  checked.hashed++;
  if (found.sha256 === owed.sha256) {
    if (now === null) checked.notes.push(waiting);
    return undefined;
  }
  const named = { instance, key, expected: owed.sha256, found: found.sha256 };
  if (now !== null && before.some(({ sha256 }) => sha256 === found.sha256)) {
    if (isChangeSealed(key)) return finding("replaced_by_older", { ...named, what: "is what it was before it was reduced" });
    checked.notes.push({ key, text: "an event says that it was reduced, and it is still what it was: the job that began it finishes it" });
    return undefined;
  }
  const other = keyOfHash.get(found.sha256);
  if (other !== undefined) return finding("replaced_by_older", { ...named, what: other === key ? "is what it once was" : `is a copy of ${other}` });
  const lengths = found.size === owed.size ? "" : `, ${String(found.size)} bytes instead of ${String(owed.size)}`;
  return finding("altered", { ...named, what: `is not ${listedBy}${lengths}` });
}

/** Undefined where it is gone by now. */
export async function hash(archive: ObjectStore, key: string, workspace: string): Promise<Download | undefined> {
  const file = join(workspace, sha256Hex(Buffer.from(key)));
  try {
    return await archive.download(key, file);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

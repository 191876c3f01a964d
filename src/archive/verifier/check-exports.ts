import { rm } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { Download, ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import type { Protection } from "../../storage/object-locks.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { type ExpectedExport, listerOf } from "../chain/expected-exports.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import { compareProtection, findProtection, type OwedProtection } from "./check-protection.ts";
import { unvouchedMark, type UnvouchedReason } from "../copies/unvouched.ts";
import { checkReceipt } from "./check-receipt.ts";
import { type Finding, finding, type Note } from "./finding.ts";
import type { HoldReader } from "./owed-holds.ts";
import type { Hold } from "../retention/hold.ts";

/** Each download may take as much disk space as the largest export. */
const AT_ONCE = 8;

/** What to compare the exports of a gateway with. */
export interface ExportsToCheck {
  instance: string;
  listing: GatewayArchive;
  expected: ReadonlyMap<string, ExpectedExport>;
  /** Whether a digest lists the event that last changed an export. */
  isChangeSealed: (key: string) => boolean;
  trusted: ReadonlySet<string>;
  /** The key under which bytes with that SHA-256 were listed. */
  keyOfHash: ReadonlyMap<string, string>;
  /** Whether to read an export's bytes; its size is always compared. */
  isHashed: (key: string) => boolean;
  /** Undefined if the store cannot report locks. */
  owed: ((expected: ExpectedExport) => OwedProtection) | undefined;
  /** Undefined if no hold depends on records. */
  reader: HoldReader | undefined;
}

export interface CheckedExports {
  findings: Finding[];
  /** The findings that a lost event may explain. */
  changed: Finding[];
  notes: Note[];
  /** Exports that no trusted key vouches for, by key, and why. */
  unvouched: Map<string, UnvouchedReason>;
  hashed: number;
  receipts: number;
  protections: number;
  /** Exports without a legal hold that holds on callers, sessions or times may cover, and that were not read. */
  unsearched: number;
}

/** Checks bytes, receipt and lock of every export that the chain lists, in constant memory. */
export async function checkExports(archive: ObjectStore, workspace: string, what: ExportsToCheck, step: () => void): Promise<CheckedExports> {
  const checked: CheckedExports = { findings: [], changed: [], notes: [], unvouched: new Map(), hashed: 0, receipts: 0, protections: 0, unsearched: 0 };
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
  const entry = listing.exports.get(key);
  const size = entry?.size;
  const owed = entry === undefined || expected.now === null ? undefined : await findOwed(archive, entry, expected, what);
  const content = await checkContent(archive, workspace, expected, size, what, checked, owed?.search);
  if (content !== undefined) {
    checked.findings.push(content);
    if (content.code === "deleted" || content.code === "altered") checked.changed.push(content);
  }
  let unvouched = unvouchedMark(expected.listed);
  if (receipt !== null) {
    checked.receipts++;
    const { trusted } = what;
    const found = await checkReceipt(archive, { instance, exportKey: key, sha256: receipt, size: listing.receipts.get(archiveLayout.receipt(key))?.size, trusted });
    if (typeof found === "object") checked.findings.push(found);
    else unvouched ??= found;
  }
  if (unvouched !== undefined) checked.unvouched.set(key, unvouched);
  if (owed === undefined || content?.code === "deleted") return;
  const isSearched = owed.search === undefined || what.isHashed(key);
  if (!isSearched) checked.unsearched++;
  if (isSearched || owed.owed.retention !== undefined || owed.owed.isHeld) checked.protections++;
  const found = compareProtection(instance, key, owed);
  if (found !== undefined) checked.findings.push(found);
}

interface Owed {
  owed: OwedProtection;
  protection: Protection | undefined;
  /** Filled by `search`. */
  covering: Hold[];
  /** Undefined if the records do not matter. */
  search: ((file: string) => Promise<void>) | undefined;
}

/** The protection that an export should have and has; undefined if it should have none. */
async function findOwed({ locks }: ObjectStore, entry: ObjectEntry, expected: ExpectedExport, { reader, ...what }: ExportsToCheck): Promise<Owed | undefined> {
  if (locks === undefined || what.owed === undefined) return undefined;
  const owed = what.owed(expected);
  const parts = reader?.mayCover(entry, owed.parts) ?? [];
  if (owed.retention === undefined && !owed.isHeld && parts.length === 0) return undefined;
  const protection = await findProtection(locks, entry.key);
  const covering: Hold[] = [];
  const isHeldAnyway = owed.isHeld || protection === undefined || protection.legalHold;
  if (reader === undefined || parts.length === 0 || isHeldAnyway) return { owed, protection, covering, search: undefined };
  return { owed, protection, covering, search: async (file) => void covering.push(...(await reader.covering(entry, file, parts))) };
}

async function checkContent(
  archive: ObjectStore,
  workspace: string,
  expected: ExpectedExport,
  size: number | undefined,
  { instance, isHashed, isChangeSealed, keyOfHash }: ExportsToCheck,
  checked: CheckedExports,
  search: Owed["search"],
): Promise<Finding | undefined> {
  const { listed: { key }, now, before } = expected;
  const lister = listerOf(expected);
  if (size === undefined) {
    return now === null ? undefined : finding("deleted", { instance, key, what: `is missing, although ${lister} lists it`, expected: now.sha256 });
  }
  const owed = now ?? before.at(-1);
  if (owed === undefined) return undefined;
  const waiting = { key, text: "a tombstone records that it was purged, but it still exists: the next run of the retention job removes it" };
  if (size === owed.size && !isHashed(key)) {
    if (now === null) checked.notes.push(waiting);
    return undefined;
  }
  const found = await hash(archive, key, workspace, async (file, { sha256 }) => (sha256 === owed.sha256 ? await search?.(file) : undefined));
  if (found === undefined) return finding("deleted", { instance, key, what: `was removed during the verification, although ${lister} lists it`, expected: owed.sha256 });
  checked.hashed++;
  if (found.sha256 === owed.sha256) {
    if (now === null) checked.notes.push(waiting);
    return undefined;
  }
  const named = { instance, key, expected: owed.sha256, found: found.sha256 };
  if (now !== null && before.some(({ sha256 }) => sha256 === found.sha256)) {
    if (isChangeSealed(key)) return finding("replaced_by_older", { ...named, what: "has the content from before it was reduced" });
    checked.notes.push({ key, text: "an event declares its reduction, but it is not reduced yet: the job that declared it finishes it" });
    return undefined;
  }
  const other = keyOfHash.get(found.sha256);
  if (other !== undefined) return finding("replaced_by_older", { ...named, what: other === key ? "has an earlier content of its own" : `is a copy of ${other}` });
  const lengths = found.size === owed.size ? "" : `, ${String(found.size)} bytes instead of ${String(owed.size)}`;
  return finding("altered", { ...named, what: `is not as ${lister} lists it${lengths}` });
}

/** Undefined if the object was removed in the meantime. @param look looks at the local file. */
export async function hash(archive: ObjectStore, key: string, workspace: string, look?: (file: string, download: Download) => Promise<void>): Promise<Download | undefined> {
  const file = join(workspace, sha256Hex(Buffer.from(key)));
  try {
    const download = await archive.download(key, file);
    await look?.(file, download);
    return download;
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

import { LedgerError } from "../../ledger/errors.ts";
import { type LockMode, type Retention, wholeSeconds } from "../../storage/object-locks.ts";
import type { ObjectBody, ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { canLock, protectionOf } from "./protection.ts";
import type { RetentionPromise } from "./receipt.ts";
import { addDuration, type Duration } from "../retention/duration.ts";

/** How what is written to an archive is locked; `retain` is from when it was made. */
export interface LockRule {
  mode: LockMode;
  retain: Duration;
}

/** A write to an archive, and until when the store said, on reading it back, that it keeps the object; null where it does not. */
export interface LockedWrite<Entry> {
  entry: Entry;
  retention: RetentionPromise | null;
}

/**
 * How long what was made then is to be locked; undefined without a lock, and where it would be over by now: stores refuse such.
 * @param now if it was not made just now.
 */
export function retentionFrom(lock: LockRule | undefined, made: Date, now: Date = made): Retention | undefined {
  if (lock === undefined) return undefined;
  const until = wholeSeconds(addDuration(made, lock.retain));
  return until > now ? { mode: lock.mode, until } : undefined;
}

/**
 * Creates an object, locked from its first moment where the store can lock, and reads the lock back.
 * Where one of that key exists its bytes stay, `entry` is undefined, and it is locked as was asked unless it is so already:
 * a write that found its lock not kept must not pass when it is tried again.
 * Throws `lock_not_kept` where the store keeps the object less firmly or shorter than it was told.
 */
export async function createLocked(
  archive: ObjectStore,
  key: string,
  body: ObjectBody,
  retention: Retention | undefined,
): Promise<LockedWrite<ObjectEntry | undefined>> {
  if (retention === undefined || !(await canLock(archive))) return { entry: await archive.create(key, body), retention: null };
  const entry = await archive.create(key, body, retention);
  if (entry === undefined && !isKept(retention, (await protectionOf(archive, key))?.retention)) await archive.locks?.prolong(key, retention);
  const kept = (await protectionOf(archive, key))?.retention;
  requireKept(archive, key, retention, kept);
  return { entry, retention: promiseOf(kept) };
}

/** As `createLocked`, over whatever was there. */
export async function replaceLocked(
  archive: ObjectStore,
  key: string,
  body: ObjectBody,
  retention: Retention | undefined,
): Promise<LockedWrite<ObjectEntry>> {
  if (retention === undefined || !(await canLock(archive))) return { entry: await archive.replace(key, body), retention: null };
  const entry = await archive.replace(key, body, retention);
  const kept = (await protectionOf(archive, key))?.retention;
  requireKept(archive, key, retention, kept);
  return { entry, retention: promiseOf(kept) };
}

function promiseOf(kept: Retention | undefined): RetentionPromise | null {
  return kept === undefined ? null : { mode: kept.mode, until: kept.until.toISOString() };
}

function requireKept(archive: ObjectStore, key: string, asked: Retention, kept: Retention | undefined): void {
  if (isKept(asked, kept)) return;
  throw new LedgerError("lock_not_kept", `${archive.url}/${key} was to be locked ${describe(asked)}, and the store says: ${describe(kept)}`, {
    remedy: "use a store that keeps Object Lock as it is set, or leave out archive.lock; what was written is there",
  });
}

function isKept(asked: Retention, kept: Retention | undefined): boolean {
  return kept !== undefined && (kept.mode === "COMPLIANCE" || kept.mode === asked.mode) && kept.until >= wholeSeconds(asked.until);
}

function describe(retention: Retention | undefined): string {
  return retention === undefined ? "not at all" : `until ${retention.until.toISOString()} (${retention.mode})`;
}

import { LedgerError } from "../../ledger/errors.ts";
import { type LockMode, type Retention, wholeSeconds } from "../../storage/object-locks.ts";
import type { ObjectBody, ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { canLock, protectionOf } from "./protection.ts";
import type { RetentionPromise } from "./receipt.ts";
import { addDuration, type Duration } from "../retention/duration.ts";

/** The lock set on objects written to an archive; `retain` starts when the object was made. */
export interface LockRule {
  mode: LockMode;
  retain: Duration;
}

/** A write to an archive, and the retention that the store reported when it was read back; null if it has none. */
export interface LockedWrite<Entry> {
  entry: Entry;
  retention: RetentionPromise | null;
}

/**
 * The retention for an object made at that time; undefined without a lock rule, and if it would already be over: stores refuse that.
 * @param now the current time, if the object was made earlier.
 */
export function retentionFrom(lock: LockRule | undefined, made: Date, now: Date = made): Retention | undefined {
  if (lock === undefined) return undefined;
  const until = wholeSeconds(addDuration(made, lock.retain));
  return until > now ? { mode: lock.mode, until } : undefined;
}

/**
 * Creates an object, locked from the start if the store supports it, and reads the lock back.
 * If the key exists, its bytes stay, `entry` is undefined, and the lock is set unless it is already set: a write that failed because
 * the store did not keep its lock must not succeed on a second try.
 * Throws `lock_not_kept` if the store keeps a weaker or shorter lock than requested.
 */
export async function createLocked(
  archive: ObjectStore,
  key: string,
  body: ObjectBody,
  retention: Retention | undefined,
): Promise<LockedWrite<ObjectEntry | undefined>> {
  if (retention === undefined || !(await canLock(archive))) return { entry: await archive.create(key, body), retention: null };
  const entry = await archive.create(key, body, retention);
  if (entry === undefined && !isAtLeast(retention, (await protectionOf(archive, key))?.retention)) await archive.locks?.prolong(key, retention);
  const actual = (await protectionOf(archive, key))?.retention;
  requireAsAsked(archive, key, retention, actual);
  return { entry, retention: promiseOf(actual) };
}

/** Like `createLocked`, but replaces an existing object. */
export async function replaceLocked(
  archive: ObjectStore,
  key: string,
  body: ObjectBody,
  retention: Retention | undefined,
): Promise<LockedWrite<ObjectEntry>> {
  if (retention === undefined || !(await canLock(archive))) return { entry: await archive.replace(key, body), retention: null };
  const entry = await archive.replace(key, body, retention);
  const actual = (await protectionOf(archive, key))?.retention;
  requireAsAsked(archive, key, retention, actual);
  return { entry, retention: promiseOf(actual) };
}

function promiseOf(actual: Retention | undefined): RetentionPromise | null {
  return actual === undefined ? null : { mode: actual.mode, until: actual.until.toISOString() };
}

function requireAsAsked(archive: ObjectStore, key: string, asked: Retention, actual: Retention | undefined): void {
  if (isAtLeast(asked, actual)) return;
  throw new LedgerError("lock_not_kept", `${archive.url}/${key} should be locked ${formatRetention(asked)}, but the store reports: ${formatRetention(actual)}`, {
    remedy: "use a store that supports Object Lock, or remove archive.lock; the object was written",
  });
}

/** Whether an object is locked as strictly and as long as asked, or more. */
export function isAtLeast(asked: Retention, actual: Retention | undefined): boolean {
  return actual !== undefined && (actual.mode === "COMPLIANCE" || actual.mode === asked.mode) && actual.until >= wholeSeconds(asked.until);
}

function formatRetention(retention: Retention | undefined): string {
  return retention === undefined ? "not at all" : `until ${retention.until.toISOString()} (${retention.mode})`;
}

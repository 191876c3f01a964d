import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LedgerError } from "../../ledger/errors.ts";
import type { Protection, Retention } from "../../storage/object-locks.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { createLocked, isAtLeast, type LockRule, replaceLocked } from "../copies/create-locked.ts";
import { canLock, protectionOf } from "../copies/protection.ts";
import { hash } from "../verifier/check-exports.ts";
import { type PlannedObject, VERIFY } from "./plan-copy.ts";
import { targetLock } from "./target-lock.ts";

/** `copied`, or already `present`; `reduced`: replaced by the reduced content that the chain declares. */
export type CopyOutcome = "copied" | "present" | "reduced";

export interface Copying {
  source: ObjectStore;
  target: ObjectStore;
  /** `archive.lock`. */
  rule: LockRule | undefined;
  now: Date;
  /** Local folder for temporary files. */
  workspace: string;
}

/**
 * Copies an object with its lock and legal hold, if it is as the chain says. Existing bytes at its key stay, unless the chain declares that they
 * were reduced. Throws `archive_broken` for an altered object, `archive_conflict` where the target has other bytes, and `lock_not_kept`.
 * @param existing the object at the same key of the target.
 */
export async function copyObject(object: PlannedObject, existing: ObjectEntry | undefined, copying: Copying): Promise<CopyOutcome> {
  const { source, target, rule, now } = copying;
  const { entry: { key }, retention: promise } = object;
  const protection = await protectionOf(source, key);
  const lock = targetLock({ key, source: protection, promise, rule }, now);
  if ((lock !== undefined || protection?.legalHold === true) && !(await canLock(target))) throw cannotLock(target, key);
  const outcome = existing === undefined ? await write(object, lock, "create", copying) : await settle(object, existing, lock, copying);
  if (outcome === "present" && lock !== undefined && !isAtLeast(lock, (await protectionOf(target, key))?.retention)) await target.locks?.prolong(key, lock);
  if (protection?.legalHold === true || object.isHeld) await hold(target, key);
  return outcome;
}

async function settle(object: PlannedObject, { key, size }: ObjectEntry, lock: Retention | undefined, copying: Copying): Promise<CopyOutcome> {
  const { target, workspace } = copying;
  const isEarlier = object.before.some((earlier) => earlier.size === size);
  if (isEarlier) {
    const found = await hash(target, key, workspace);
    if (object.before.some(({ sha256 }) => sha256 === found?.sha256)) return await write(object, lock, "replace", copying);
    if (found?.sha256 === object.content?.sha256) return "present";
  }
  // Equal sizes suffice here: the verification of the whole copy reads the bytes.
  if (size === (object.content?.size ?? object.entry.size)) return "present";
  throw new LedgerError("archive_conflict", `${target.url}/${key} exists with ${String(size)} bytes instead of ${String(object.entry.size)}; nothing is written over it`, {
    remedy: "give another bucket or folder with --to, or remove the object if it is not part of an archive that you need",
  });
}

async function write({ entry: { key }, content, before }: PlannedObject, lock: Retention | undefined, how: "create" | "replace", { source, target, workspace }: Copying): Promise<CopyOutcome> {
  const file = join(workspace, sha256Hex(Buffer.from(key)));
  try {
    const { size, sha256 } = await source.download(key, file);
    if (content !== undefined && (content.sha256 !== sha256 || (content.size ?? size) !== size)) throw altered(source, key, { expected: content.sha256, found: sha256, isUnfinished: before.some((earlier) => earlier.sha256 === sha256) });
    if (how === "create") return (await createLocked(target, key, { file }, lock)).entry === undefined ? "present" : "copied";
    await replaceLocked(target, key, { file }, lock);
    return "reduced";
  } finally {
    await rm(file, { force: true });
  }
}

async function hold(target: ObjectStore, key: string): Promise<void> {
  const protection: Protection | undefined = await protectionOf(target, key);
  if (protection?.legalHold === false) await target.locks?.setLegalHold(key, true);
}

function altered({ url }: ObjectStore, key: string, { expected, found, isUnfinished }: { expected: string; found: string; isUnfinished: boolean }): LedgerError {
  if (isUnfinished) return new LedgerError("archive_broken", `${url}/${key} is not reduced yet, although an event declares it`, { remedy: "let the worker's daily job or aperture-ledger archive seal finish, then call it again" });
  return new LedgerError("archive_broken", `${url}/${key} has SHA-256 ${found}, and the chain lists ${expected}: nothing altered is copied`, { remedy: `${VERIFY}; restore the object first` });
}

function cannotLock({ url }: ObjectStore, key: string): LedgerError {
  return new LedgerError("lock_not_kept", `${url} cannot lock objects, and ${key} must be locked as it is in the archive, or as archive.lock says`, { remedy: "give a bucket with Object Lock with --to" });
}

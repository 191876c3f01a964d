import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { ObjectLocks, Protection } from "../../storage/object-locks.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import type { RetentionPromise } from "../copies/receipt.ts";
import type { Hold } from "../retention/hold.ts";
import { type Finding, finding } from "./finding.ts";

/** The protection that a store with locks is expected to report for an export. */
export interface OwedProtection {
  /** Undefined if no retention was promised, or it is over. */
  retention: RetentionPromise | undefined;
  /** Whether a hold covers its whole gateway. */
  isHeld: boolean;
  /** Holds on callers, sessions and times that cover it if they cover one of its records. */
  parts: readonly Hold[];
}

/**
 * Compares the protection of an object with what was promised; undefined if it is as promised.
 * @param protection undefined if the object was removed in the meantime. @param covering the holds that cover its records.
 */
export function compareProtection(instance: string, key: string, { owed, protection, covering }: { owed: OwedProtection; protection: Protection | undefined; covering: readonly Hold[] }): Finding | undefined {
  if (protection === undefined) return finding("deleted", { instance, key, what: "was removed during the verification" });
  if (owed.retention !== undefined && !isAsPromised(owed.retention, protection)) {
    return finding("retention_shortened", { instance, key, what: "is not locked as promised", expected: formatLock(owed.retention.mode, owed.retention.until), found: formatProtection(protection) });
  }
  if (protection.legalHold || (!owed.isHeld && covering.length === 0)) return undefined;
  const what = owed.isHeld ? "has no legal hold" : `has no legal hold, although it has records on ${listSome(covering.map(({ id }) => `hold ${id}`))}`;
  return finding("legal_hold_missing", { instance, key, what, expected: "legal hold", found: "none" });
}

export function owedRetention({ listed: { retention } }: ExpectedExport, now: Date): RetentionPromise | undefined {
  return retention !== null && Date.parse(retention.until) > now.getTime() ? retention : undefined;
}

/** Undefined if the object was removed in the meantime. */
export async function findProtection(locks: ObjectLocks, key: string): Promise<Protection | undefined> {
  try {
    return await locks.protectionOf(key);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

/** Compares whole seconds: servers do not store more. */
function isAsPromised({ mode, until }: RetentionPromise, { retention }: Protection): boolean {
  if (retention === undefined || (mode === "COMPLIANCE" && retention.mode === "GOVERNANCE")) return false;
  return Math.floor(retention.until.getTime() / 1000) >= Math.floor(Date.parse(until) / 1000);
}

function formatProtection({ retention }: Protection): string {
  return retention === undefined ? "no lock" : formatLock(retention.mode, retention.until.toISOString());
}

function formatLock(mode: string, until: string): string {
  return `${mode} until ${until}`;
}

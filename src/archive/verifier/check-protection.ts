import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectLocks, Protection } from "../../storage/object-locks.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import type { ArchiveEvent, EventOf } from "../chain/event.ts";
import type { RetentionPromise } from "../copies/receipt.ts";
import { coversWholeGateway } from "../retention/selection-covers.ts";
import { type Finding, finding } from "./finding.ts";

/** The protection that a store with locks is expected to report for an export. */
export interface OwedProtection {
  /** Undefined if no retention was promised, or it is over. */
  retention: RetentionPromise | undefined;
  isHeld: boolean;
}

/** Compares the protection of an object with what was promised; undefined if it is as promised. */
export async function checkProtection(locks: ObjectLocks, instance: string, key: string, owed: OwedProtection): Promise<Finding | undefined> {
  if (owed.retention === undefined && !owed.isHeld) return undefined;
  const protection = await findProtection(locks, key);
  if (protection === undefined) return finding("deleted", { instance, key, what: "was removed during the verification" });
  if (owed.retention !== undefined && !isAsPromised(owed.retention, protection)) {
    return finding("retention_shortened", { instance, key, what: "is not locked as promised", expected: formatLock(owed.retention.mode, owed.retention.until), found: formatProtection(protection) });
  }
  if (!owed.isHeld || protection.legalHold) return undefined;
  return finding("legal_hold_missing", { instance, key, what: "has no legal hold", expected: "legal hold", found: "none" });
}

export function owedRetention({ listed: { retention } }: ExpectedExport, now: Date): RetentionPromise | undefined {
  return retention !== null && Date.parse(retention.until) > now.getTime() ? retention : undefined;
}

/** Number of holds in force that cover a whole gateway. What other holds cover depends on the records. */
export function holdsOnEverything(events: readonly ArchiveEvent[]): number {
  return holdsInForce(events).filter(({ selection }) => coversWholeGateway(selection)).length;
}

/** Number of holds in force on callers, sessions or times. */
export function holdsOnParts(events: readonly ArchiveEvent[]): number {
  return holdsInForce(events).filter(({ selection }) => !coversWholeGateway(selection)).length;
}

function holdsInForce(events: readonly ArchiveEvent[]): EventOf<"hold">[] {
  const released = new Set(events.flatMap((event) => (event.kind === "release" ? [event.hold] : [])));
  return events.filter((event): event is EventOf<"hold"> => event.kind === "hold" && !released.has(event.hold));
}

/** Undefined if the object was removed in the meantime. */
async function findProtection(locks: ObjectLocks, key: string): Promise<Protection | undefined> {
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

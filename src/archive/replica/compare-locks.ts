import { LedgerError } from "../../ledger/errors.ts";
import type { Protection } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { isAtLeast } from "../copies/create-locked.ts";
import { protectionOf } from "../copies/protection.ts";

/** How the replica protects an object less than the archive does; undefined if it does not. Both stores can lock. */
export async function compareLocks(archive: ObjectStore, replica: ObjectStore, key: string, now: Date): Promise<{ expected: string; found: string } | undefined> {
  const [owed, actual] = [await findProtection(archive, key), await findProtection(replica, key)];
  if (owed === undefined || actual === undefined) return undefined;
  const retention = owed.retention !== undefined && owed.retention.until > now ? owed.retention : undefined;
  const isWeaker = (retention !== undefined && !isAtLeast(retention, actual.retention)) || (owed.legalHold && !actual.legalHold);
  return isWeaker ? { expected: formatProtection({ retention, legalHold: owed.legalHold }), found: formatProtection(actual) } : undefined;
}

/** Undefined if the object was removed in the meantime. */
async function findProtection(store: ObjectStore, key: string): Promise<Protection | undefined> {
  try {
    return await protectionOf(store, key);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

function formatProtection({ retention, legalHold }: Protection): string {
  const parts = [...(retention === undefined ? [] : [`${retention.mode} until ${retention.until.toISOString()}`]), ...(legalHold ? ["legal hold"] : [])];
  return parts.length === 0 ? "no lock" : parts.join(" and ");
}

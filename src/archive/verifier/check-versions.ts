import { archiveLayout } from "../../lake/layout.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectLocks } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type Finding, finding } from "./finding.ts";

/**
 * Objects of a gateway over whose first version, which is locked, something else was put, or that are hidden: asked of the store,
 * since a receipt may deny the lock. Copies that were reduced by declaration are not among them, nor what was purged.
 * Undefined where the store does not let one see versions.
 */
export async function checkVersions({ locks }: ObjectStore, instance: string, expected: ReadonlyMap<string, ExpectedExport>): Promise<Finding[] | undefined> {
  if (locks === undefined) return [];
  try {
    return await findOverwritten(locks, instance, expected);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "storage_denied") return undefined;
    throw error;
  }
}

async function findOverwritten(locks: ObjectLocks, instance: string, expected: ReadonlyMap<string, ExpectedExport>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { key, isHidden, locked } of locks.overwritten(archiveLayout.instance(instance))) {
    if ((expected.get(key)?.before.length ?? 0) > 0) continue;
    const until = locked.retention === undefined ? "legal hold" : `${locked.retention.mode} until ${locked.retention.until.toISOString()}`;
    const what = isHidden ? "is hidden by a delete marker, and its first version is locked" : "is not what its first version is, which is locked";
    findings.push(finding("locked_overwritten", { instance, key, what, expected: `the version that is locked: ${until}` }));
  }
  return findings;
}

import { archiveLayout } from "../../lake/archive-layout.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectLocks } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type Finding, finding } from "./finding.ts";

/**
 * Finds objects of a gateway whose locked first version is overwritten or hidden. Asks the store, since a forged receipt may deny the
 * lock. Ignores declared reductions and purges. Undefined if the store does not let the caller list versions.
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
    const what = isHidden ? "is hidden by a delete marker, although its first version is locked" : "differs from its first version, which is locked";
    findings.push(finding("locked_overwritten", { instance, key, what, expected: `the locked version: ${until}` }));
  }
  return findings;
}

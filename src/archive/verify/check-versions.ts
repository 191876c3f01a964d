import { archiveLayout } from "../archive-layout.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type Finding, finding } from "./finding.ts";

/**
 * Objects of a gateway over whose first version, which is locked, something else was put, or that are hidden: asked of the store,
 * since a receipt may deny the lock. Copies that were reduced by declaration are not among them, nor what was purged.
 */
export async function checkVersions({ locks }: ObjectStore, instance: string, expected: ReadonlyMap<string, ExpectedExport>): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (locks === undefined) return findings;
  for await (const { key, isHidden, locked } of locks.overwritten(archiveLayout.instance(instance))) {
    if ((expected.get(key)?.before.length ?? 0) > 0) continue;
    const until = locked.retention === undefined ? "legal hold" : `${locked.retention.mode} until ${locked.retention.until.toISOString()}`;
    const what = isHidden ? "is hidden by a delete marker, and its first version is locked" : "is not what its first version is, which is locked";
    findings.push(finding("locked_overwritten", { instance, key, what, expected: `the version that is locked: ${until}` }));
  }
  return findings;
}

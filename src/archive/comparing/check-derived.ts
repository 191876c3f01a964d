import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { type Finding, finding, type Note } from "../verifier/finding.ts";
import type { DerivedVerification } from "../verifier/verification.ts";
import type { GatewayView } from "../verifier/verify-gateway.ts";
import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { checkClosedFiles, hashOf } from "./check-closed-files.ts";
import { checkDays, type DerivedCheck } from "./check-days.ts";
import { checkManifests } from "./check-manifests.ts";
import { checkRecords } from "./check-records.ts";

export interface CheckedDerived {
  findings: Finding[];
  notes: Note[];
  checked: DerivedVerification;
  notChecked: string[];
}

const NEVER_CHECKED =
  "the amounts in usage tables, rollups, tools, allocations, corrections and reports of open months: they are derived, and a run rebuilds them if they are deleted; price lists and settings, which are configuration; alerts and samples of quotas";

/**
 * Checks that the lake's contents follow from the archive: the usage rows of a day are the accepted records of its exports, less
 * duplicates; closed months and their files, and the records that decide who owes what, are as the digests noted them.
 */
export async function checkDerived(lake: ObjectStore, views: readonly GatewayView[], { archive, progress, instance, only }: DerivedCheck & { archive: ObjectStore }): Promise<CheckedDerived> {
  const closes = await checkCloses(lake, views);
  const records = await checkRecords(lake, views);
  const closed = await checkClosedFiles(lake);
  const manifests = await checkManifests(lake, views, { archive, instance });
  const isEmpty = manifests.exports + manifests.unreadable === 0;
  const days = isEmpty ? { days: 0, rows: 0, findings: [] } : await checkDays(lake, manifests, { progress, instance, only });
  return {
    notes: [...records.notes, ...closed.notes],
    findings: [...closes.findings, ...records.findings, ...closed.findings, ...(isEmpty ? [] : manifests.findings), ...days.findings],
    checked: { lake: lake.url, exports: manifests.exports, days: days.days, rows: days.rows, closes: closes.count, closed_files: closed.files, records: records.noted },
    notChecked: [...records.notChecked, ...closed.notChecked, isEmpty ? `derived tables: ${lake.url} has none` : NEVER_CHECKED],
  };
}

/** Every digest notes the closes. A close record that was changed is one finding for each noted state that it differs from. */
async function checkCloses(lake: ObjectStore, views: readonly GatewayView[]): Promise<{ findings: Finding[]; count: number }> {
  const noted = new Map<string, { month: string; sha256: string; by: string }>();
  for (const { chain } of views) {
    for (const { key, document } of chain.digests) {
      for (const { month, sha256 } of document.header.closes) {
        const name = `${month} ${sha256}`;
        if (!noted.has(name)) noted.set(name, { month, sha256, by: key });
      }
    }
  }
  const findings = await pMap(noted.values(), ({ month, sha256, by }) => checkClose(lake, month, sha256, by), { concurrency: READS_AT_ONCE });
  return { findings: findings.flat(), count: noted.size };
}

async function checkClose(lake: ObjectStore, month: string, sha256: string, by: string): Promise<Finding[]> {
  const key = layout.close(month);
  const found = await hashOf(lake, key);
  if (found === sha256) return [];
  return [finding("close_altered", { instance: null, key, what: found === null ? `is missing, but existed when ${by} was sealed` : `is not what it was when ${by} was sealed`, expected: sha256, found })];
}

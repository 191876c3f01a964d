import { expect } from "vitest";
import { archiveViolations } from "./coherence/archive-violations.ts";
import { LakeFiles } from "./coherence/lake-files.ts";
import { reportViolations } from "./coherence/report-violations.ts";
import { dayViolations, monthViolations } from "./coherence/table-violations.ts";

/** Where a lake says one thing in one place and another in the next; empty if it is coherent. @param archiveFolder null where the archive is in no folder. */
export async function violationsOf(lakeFolder: string, archiveFolder: string | null = lakeFolder): Promise<string[]> {
  const lake = new LakeFiles(lakeFolder);
  const ofDays = await dayViolations(lake);
  const ofMonths = ofDays.length > 0 ? [] : [...(await monthViolations(lake)), ...(await reportViolations(lake))];
  const ofArchive = archiveFolder === null ? [] : archiveViolations(archiveFolder === lakeFolder ? lake : new LakeFiles(archiveFolder), lake);
  return [...ofDays, ...ofMonths, ...ofArchive];
}

/**
 * Usage = rollups = allocations with corrections = report = FOCUS, to the nanodollar and the request; copies = receipts = digests;
 * manifests = tables. What is only out of date, which the next run or report makes anew, is no violation.
 */
export async function expectCoherent(lakeFolder: string, archiveFolder: string | null = lakeFolder): Promise<void> {
  expect(await violationsOf(lakeFolder, archiveFolder)).toEqual([]);
}

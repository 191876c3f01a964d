import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, those that wait for others between those that compute. Vitest starts large files before small
 * ones until it has measured them, and these are small: one that started last would run alone at the end.
 */
export const LONGEST: readonly string[] = [
  "test/e2e/archive-months.test.ts",
  "test/cli/worker.test.ts",
  "test/chaos/odd-places.test.ts",
  "test/contract/s3-store.test.ts",
  "test/e2e/closed-autumn.test.ts",
  "test/chaos/chaos.test.ts",
  "test/e2e/rebuild.test.ts",
  "test/contract/store-likes.test.ts",
  "test/chargeback/accessibility.test.ts",
  "test/queue/sentinel.test.ts",
  "test/reconciliation/autumn.test.ts",
  "test/cli/demo.test.ts",
  "test/e2e/corrections.test.ts",
  "test/cli/failures.test.ts",
  "test/e2e/ended-run.test.ts",
  "test/queue/worker.test.ts",
  "test/hostile/names.test.ts",
  "test/e2e/memory.test.ts",
  "test/archive/retention-killed.test.ts",
  "test/cli/limits-quotas.test.ts",
  "test/deploy/image.test.ts",
  "test/focus/conformance.test.ts",
  "test/archive/verify-tampering.test.ts",
  "test/contract/without-conditions.test.ts",
  "test/e2e/rewrite-memory.test.ts",
  "test/ingest/build-day.test.ts",
  "test/archive/known-tamperings.test.ts",
  "test/e2e/locked-days.test.ts",
  "test/e2e/erasing-and-retention.test.ts",
  "test/lake/day-tables.test.ts",
  "test/e2e/allocations.test.ts",
  "test/chargeback/allocated-lake.test.ts",
  "test/e2e/autumn.test.ts",
  "test/archive/purge-s3-locks.test.ts",
  "test/chargeback/page.test.ts",
  "test/archive/seal-laundering.test.ts",
  "test/focus/figures.test.ts",
  "test/archive/verify-memory.test.ts",
  "test/aperture/rewrite-export.test.ts",
  "test/e2e/copied-lake.test.ts",
  "test/property/ledger.test.ts",
  "test/http/browser.test.ts",
  "test/property/rewrite.test.ts",
  "test/archive/purge.test.ts",
  "test/chargeback/paper.test.ts",
  "test/e2e/archived-bodies.test.ts",
  "test/cli/doctor-archive.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => this.#rank(a) - this.#rank(b));
  }

  #rank({ moduleId }: TestSpecification): number {
    const place = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
    return place === -1 ? LONGEST.length : place;
  }
}

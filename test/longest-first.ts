import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, those that wait for others between those that compute. Vitest starts large files before small
 * ones until it has measured them, and these are small: one that started last would run alone at the end.
 */
export const LONGEST: readonly string[] = [
  "test/e2e/archive-months.test.ts",
  "test/cli/worker.test.ts",
  "test/e2e/corrections.test.ts",
  "test/e2e/closed-autumn.test.ts",
  "test/cli/demo.test.ts",
  "test/contract/s3-store.test.ts",
  "test/reconciliation/autumn.test.ts",
  "test/e2e/unequal-months.test.ts",
  "test/archive/retention-killed.test.ts",
  "test/chaos/chaos.test.ts",
  "test/aperture/secret-patterns.test.ts",
  "test/chargeback/hiding/hidden-people.test.ts",
  "test/e2e/archived-bodies.test.ts",
  "test/contract/store-likes.test.ts",
  "test/e2e/rebuild.test.ts",
  "test/e2e/memory.test.ts",
  "test/e2e/charged-month.test.ts",
  "test/e2e/verify-meanwhile.test.ts",
  "test/deploy/image.test.ts",
  "test/archive/purge.test.ts",
  "test/chargeback/paper.test.ts",
  "test/contract/without-conditions.test.ts",
  "test/property/closing.test.ts",
  "test/hostile/names.test.ts",
  "test/e2e/insights.test.ts",
  "test/chaos/odd-places.test.ts",
  "test/e2e/ended-run.test.ts",
  "test/cli/doctor-archive.test.ts",
  "test/e2e/read-back.test.ts",
  "test/cli/failures.test.ts",
  "test/focus/figures.test.ts",
  "test/e2e/rewrite-memory.test.ts",
  "test/archive/seal-laundering.test.ts",
  "test/e2e/locked-days.test.ts",
  "test/archive/verify-tampering.test.ts",
  "test/cli/limits-quotas.test.ts",
  "test/e2e/close-month.test.ts",
  "test/queue/worker.test.ts",
  "test/e2e/month-memory.test.ts",
  "test/focus/conformance.test.ts",
  "test/e2e/erasing-and-retention.test.ts",
  "test/queue/jobs.test.ts",
  "test/golden-ledger/golden.test.ts",
  "test/e2e/erase-caller.test.ts",
  "test/e2e/explain-closed.test.ts",
  "test/cli/process.test.ts",
  "test/cli/run.test.ts",
  "test/ingest/build-day.test.ts",
  "test/e2e/allocations.test.ts",
  "test/queue/sentinel.test.ts",
  "test/property/explained.test.ts",
  "test/e2e/copied-lake.test.ts",
  "test/e2e/chargeback-diff.test.ts",
  "test/archive/purge-s3-locks.test.ts",
  "test/e2e/booking-month-without-usage.test.ts",
  "test/chargeback/page.test.ts",
  "test/docs/archive.test.ts",
  "test/contract/s3-locks.test.ts",
  "test/property/ledger.test.ts",
  "test/archive/known-tamperings.test.ts",
  "test/archive/verify-memory.test.ts",
  "test/chargeback/accessibility.test.ts",
  "test/lake/day-tables.test.ts",
  "test/http/browser.test.ts",
  "test/prices/autumn.test.ts",
  "test/e2e/close-command.test.ts",
  "test/e2e/requests.test.ts",
  "test/property/rewrite.test.ts",
  "test/focus/export-focus.test.ts",
  "test/e2e/team-commands.test.ts",
  "test/old-ledger/migrate.test.ts",
  "test/e2e/autumn.test.ts",
  "test/archive/legal-holds.test.ts",
  "test/cli/archive-seal.test.ts",
  "test/focus/datasets.test.ts",
  "test/chargeback/allocated-lake.test.ts",
  "test/e2e/hostile.test.ts",
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

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

import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, longest first. Vitest starts large files before small ones until it has measured them, and
 * these are small: one that started last would run alone at the end.
 */
export const LONGEST: readonly string[] = [
  "test/cli/worker.test.ts",
  "test/chaos/chaos.test.ts",
  "test/chaos/odd-places.test.ts",
  "test/cli/demo.test.ts",
  "test/hostile/names.test.ts",
  "test/contract/s3-store.test.ts",
  "test/contract/store-likes.test.ts",
  "test/cli/failures.test.ts",
  "test/queue/worker.test.ts",
  "test/queue/sentinel.test.ts",
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

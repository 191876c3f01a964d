import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** Export files written by other programs, with the sums that any correct reader arrives at. */
const FIXTURES = process.env["APERTURE_FIXTURES"] || join(import.meta.dirname, "../../shared/fixtures");

/** Path of a fixture file or folder such as `autumn`; undefined where it is missing. */
export function fixture(name: string): string | undefined {
  const path = join(FIXTURES, name);
  return existsSync(path) ? path : undefined;
}

type Suite = (pathOf: (name: string) => string) => void;
const ALL_SETS: readonly string[] = ["autumn", "bodies", "hostile", "aperture-config.hujson"];

/**
 * A suite that needs the named fixtures, or all of them; where one is missing it is skipped and says so, and fails in CI.
 * Called as `(title, suite)` or as `(title, names, suite)`.
 */
export function describeWithFixtures(title: string, ...rest: [Suite] | [readonly string[], Suite]): void {
  const [names, suite] = rest.length === 1 ? [ALL_SETS, rest[0]] : rest;
  const missing = names.filter((name) => fixture(name) === undefined);
  if (missing.length === 0) {
    describe(title, () => suite((name) => join(FIXTURES, name)));
    return;
  }
  const reason = `no fixture ${missing.join(", ")}`;
  describeMissing(title, reason, `${reason} in ${FIXTURES}; set APERTURE_FIXTURES to the folder that has it`);
}

/**
 * Stands for a suite whose files are not there. Continuous integration (`CI` is set) is where nothing may go untested, so
 * the suite fails there; elsewhere it is skipped, and the run says so.
 */
export function describeMissing(title: string, reason: string, remedy: string): void {
  if (isContinuousIntegration()) {
    test(title, () => {
      throw new Error(`${title} cannot be tested, and CI is set: ${remedy}`);
    });
    return;
  }
  console.warn(`skipped: ${title}: ${remedy}`);
  describe.skip(`${title} (skipped: ${reason})`, () => {
    test("needs files that are not there", () => undefined);
  });
}

/** `CI` as the services that run tests set it; some set it to `false` to say that they are not one. */
function isContinuousIntegration(): boolean {
  return !["", "0", "false"].includes((process.env["CI"] ?? "").toLowerCase());
}

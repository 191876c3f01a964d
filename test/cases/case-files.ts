import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { describeMissing } from "../fixtures.ts";

/** Small inputs after faults that users of other tools reported, and what is right for each. */
const CASES = process.env["APERTURE_CASES"] || join(import.meta.dirname, "../../../shared/cases");

/** What a case must come to. A member is absent where the case says nothing about it. */
export interface ExpectedCase {
  requests?: number;
  /** Dollars with nine decimals; null where nothing has a price. */
  cost_usd?: string | null;
  unpriced?: number;
  /** Dollars by team and by caller. */
  teams?: Record<string, string>;
  callers?: Record<string, string>;
  /** Dollars spent of each budget. */
  budgets?: Record<string, string>;
  /** Dollars of single requests by `record_id`. */
  records?: Record<string, string>;
  /** Plain model names in order of `record_id`. */
  models?: string[];
  /** `record_id`s of the requests that broke off. */
  partial?: string[];
  damaged?: boolean;
}

/** A case's folder of exports. */
export function exportsOf(name: string): string {
  return join(CASES, name, "exports");
}

/** A case's settings: a configuration file without `sources` and `lake`. */
export function settingsOf(name: string): string {
  return readFileSync(join(CASES, name, "settings.yaml"), "utf8");
}

/** A suite over the named cases. Where the folder of cases is missing, the suite is skipped and says so, and fails in CI. */
export function describeCases(title: string, suite: (expected: Readonly<Record<string, ExpectedCase>>) => void): void {
  const file = join(CASES, "expected.json");
  if (existsSync(file)) {
    describe(title, () => suite(JSON.parse(readFileSync(file, "utf8")) as Record<string, ExpectedCase>));
    return;
  }
  describeMissing(title, "no cases", `no cases in ${CASES}; set APERTURE_CASES to the folder that has them`);
}

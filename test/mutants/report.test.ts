import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../test-ledger.ts";
import { judgeMutants, renderArea } from "./report.ts";
import { NOT_DRAWN } from "./sample-checker.ts";

type Status = MutantResult["status"];

/** Results for mutants of one file with one line, `if (a < b) return;`. */
function resultsOf(statuses: readonly (Status | "not drawn")[]): MutantResult[] {
  const fileName = join(temporaryFolder(), "border.ts");
  writeFileSync(fileName, "\n  if (a < b) return;\n");
  return statuses.map((status, index) => ({
    id: String(index), fileName, mutatorName: "EqualityOperator", replacement: `a <= ${String(index)}`, location: { start: { line: 2, column: 7 }, end: { line: 2, column: 12 } },
    ...(status === "not drawn" ? { status: "CompileError", statusReason: NOT_DRAWN } : { status }),
  }));
}

const WHAT = { sample: "10", seed: "3" };

describe("the report of an area", () => {
  test("counts those that died, prints those that live, and leaves out what was not drawn", () => {
    const judged = judgeMutants(resultsOf(["Killed", "Timeout", "Survived", "NoCoverage", "not drawn", "Ignored"]), []);
    const text = renderArea("money", judged, WHAT);
    expect(text).toContain("money: 2 killed (1 by timeout), 2 living (50.0 %), 0 equivalent, 1 in constants not tried; sample 10 of 6, seed 3");
    expect(text).toMatch(/border\.ts:2:7 \(EqualityOperator\)\n +if \(a < b\) return;\n +→ a <= 2/);
    expect(text).toMatch(/border\.ts:2:7 \(no test runs it\)/);
    expect(judged.passed).toBe(false);
  });

  test("is passed from 90 % on", () => {
    const nine = Array.from({ length: 9 }, (): Status => "Killed");
    expect(judgeMutants(resultsOf([...nine, "Survived"]), []).passed).toBe(true);
    expect(judgeMutants(resultsOf([...nine.slice(1), "Survived"]), []).passed).toBe(false);
  });

  test("leaves out a living mutant that is listed as equivalent, and fails where a listed one dies", () => {
    const entry = { file: "border.ts", line: "if (a < b) return;", reason: "a is never b" };
    const lives = judgeMutants(resultsOf(["Killed", "Survived"]), [{ ...entry, replacement: "a <= 1" }]);
    expect([lives.equivalent, lives.living.length, lives.passed]).toEqual([1, 0, true]);
    const dies = judgeMutants(resultsOf(["Killed", "Killed"]), [{ ...entry, replacement: "a <= 1" }]);
    expect([dies.disproved.length, dies.passed]).toEqual([1, false]);
    expect(renderArea("money", dies, WHAT)).toContain("listed as equivalent, but it dies: border.ts: if (a < b) return; → a <= 1");
    const elsewhere = judgeMutants(resultsOf(["Survived"]), [{ ...entry, file: "other.ts", replacement: "a <= 0" }]);
    expect(elsewhere.living).toHaveLength(1);
  });
});

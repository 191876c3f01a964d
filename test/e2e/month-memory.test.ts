import { beforeAll, expect, test } from "vitest";
import type { MonthMeasured } from "../bench/month-ledger.ts";
import { runScript } from "../bench/process.ts";
import { temporaryFolder } from "../test-ledger.ts";

/** Of Node, as the command line starts itself. */
const FLAGS = ["--disable-proto=delete", "--max-semi-space-size=4"];

let lake: string;

beforeAll(async () => {
  lake = temporaryFolder();
  await runScript("month-lake.ts", [lake, "1000000"]);
});

test("the report of a month of 1,000,000 requests, with FOCUS, stays under 1 GiB", async () => {
  const { residentMiB, rows } = JSON.parse((await runScript("month-chargeback.ts", [lake, "usual"], { flags: FLAGS })).stdout) as MonthMeasured;
  expect(rows).toBe(315_034);
  expect(residentMiB).toBeLessThan(1024);
});

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillHostileLake, type RealLake } from "../chargeback/real-lake.ts";
import { call, type CallResult } from "../cli/call.ts";
import { describeWithFixtures } from "../fixtures.ts";

describeWithFixtures("aperture-ledger chargeback", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins", "truncated", "bad-cost"]);
  });
  afterAll(async () => await lake.remove());

  /** In the lake's folder, where no configuration file is. The log only has errors: this lake was copied, which is a warning. */
  async function chargeback(...flags: string[]): Promise<CallResult> {
    return await call(["chargeback", ...flags], { cwd: lake.directory, env: { LOG_LEVEL: "error" } });
  }

  test("says what is in the report, what it lacks, and where it lies", async () => {
    const { code, stdout, stderr } = await chargeback("--month", "2026-10", "--lake", lake.directory);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^total {8}\$[\d,]+\.\d{2}$/m);
    for (const file of ["chargeback.html", "chargeback.csv", "teams.csv", "summary.csv", "corrections.csv", "chargeback.json", "focus.csv", "focus.parquet"]) {
      expect(stdout).toContain(`${pathToFileURL(lake.directory).href}/reports/2026-10/${file}\n`);
    }
    expect(stdout).toMatch(/^team {9}\(unallocated\): \$\d+\.\d{2} owed, list value none$/m);
    expect(stdout).toContain("damaged      prod ts-aperture-export-1791500001.cbor.zstd: 30 records");
    expect(stdout).toContain("quarantined  prod ts-aperture-export-1791500002.cbor.zstd: 5 of 15 records");
    expect(stdout).toMatch(/5 records in quarantine, of which .* could be read: they are not in the total/);
    expect((await chargeback("--month", "2026-10", "--lake", lake.directory)).stdout).toMatch(/nothing was written[^]*FOCUS 1\.2, \d+ rows, unchanged$/m);
  });

  test("--json prints the report as it is in the lake, and where the files are", async () => {
    const { code, stdout } = await chargeback("--month", "2026-10", "--lake", lake.directory, "--json");
    expect(code).toBe(0);
    const { files, focus, ...report } = JSON.parse(stdout) as { files: Record<string, string>; focus: Record<string, unknown>; rows: { caller: string }[] };
    expect(report).toEqual(JSON.parse(await readFile(new URL(files["json"]!), "utf8")));
    expect(Object.keys(files)).toEqual(["html", "csv", "teams", "summary", "corrections", "workbook", "json"]);
    const folder = `${pathToFileURL(lake.directory).href}/reports/2026-10`;
    expect(focus).toMatchObject({ csv: `${folder}/focus.csv`, parquet: `${folder}/focus.parquet`, rows: expect.any(Number) as number, unpriced_requests: expect.any(Number) as number });
    const callers = report.rows.map(({ caller }) => caller);
    expect(callers).toEqual(expect.arrayContaining(["user\0nul", "<script>alert(1)</script>", 'a\nb,"c"']));
  });

  test("--timezone moves the month", async () => {
    const { stdout } = await chargeback("--month", "2026-10", "--lake", lake.directory, "--timezone", "Asia/Kolkata", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ timezone: "Asia/Kolkata", from: "2026-09-30T18:30:00.000Z" });
  });

  test("mistakes in the call exit with 2, a month without usage with 1", async () => {
    const malformed = await chargeback("--month", "2026-13", "--lake", lake.directory);
    expect([malformed.code, malformed.stdout]).toEqual([2, ""]);
    expect(malformed.stderr).toMatch(/"2026-13" is not a month \[usage\]/);

    const noLake = await chargeback("--month", "2026-10");
    expect([noLake.code, noLake.stderr]).toEqual([2, expect.stringContaining("[usage]")]);

    const empty = await chargeback("--month", "2026-12", "--lake", lake.directory);
    expect([empty.code, empty.stdout]).toEqual([1, ""]);
    expect(empty.stderr).toMatch(/no usage in 2026-12 .*\[month_empty\]\n {7}ingest that month's exports/);
  });
});

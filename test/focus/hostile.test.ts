import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { layout } from "../../src/lake/layout.ts";
import { fillHostileLake, type RealLake } from "../chargeback/real-lake.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { FocusChecker } from "./check-focus.ts";
import { CONTRADICTED, CORRECTED, SUPPORTED } from "./deviations.ts";
import { type FocusData, readFocusCsv, readFocusParquet } from "./focus-data.ts";
import { describeWithModel } from "./focus-model.ts";
import { exportMonth } from "./export-month.ts";

describeWithFixtures("the FOCUS export of hostile logins", ["hostile"], () => {
  let lake: RealLake;
  const data = new Map<string, FocusData>();
  const fileOf = (name: string): string => join(lake.directory, layout.report("2026-10", name));

  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins", "bad-cost"]);
    await exportMonth(lake.ledger, "2026-10");
    data.set("Parquet", await readFocusParquet(fileOf("focus.parquet")));
    data.set("CSV", await readFocusCsv(fileOf("focus.csv")));
  });
  afterAll(async () => await lake.remove());

  test("Parquet has each login as it was recorded", async () => {
    const used = await query(`SELECT DISTINCT caller FROM read_parquet('${lake.directory}/usage/*/*.parquet') WHERE cost_usd IS NOT NULL ORDER BY 1`);
    expect(await query(`SELECT DISTINCT x_Caller AS caller FROM read_parquet('${fileOf("focus.parquet")}') ORDER BY 1`)).toEqual(used);
    expect(used.length).toBeGreaterThan(5);
  });

  test("no cell of the CSV is a formula or has a control character in it", () => {
    const cells = data.get("CSV")!.rows.flatMap((row) => Object.entries(row));
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    const risky = cells.filter(([, text]) => text !== null && (/^[=+@\t\r\n]|^-(?!\d+\.\d+$)/.test(text) || /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/.test(text)));
    expect(risky).toEqual([]);
    expect(data.get("CSV")!.rows.length).toBe(data.get("Parquet")!.rows.length);
  });

  describeWithModel("under the rule set of FOCUS 1.2", (model) => {
    test.each(["Parquet", "CSV"])("%s keeps every rule", (format) => {
      const verdicts = new FocusChecker(data.get(format)!, model, SUPPORTED, CORRECTED).all();
      expect([...verdicts].flatMap(([id, { is }]) => (is === "failed" ? [id] : []))).toEqual(CONTRADICTED);
    });
  });
});

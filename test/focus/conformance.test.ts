import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportOf, fillAutumn } from "./autumn-focus.ts";
import { FocusChecker, type Verdict } from "./check-focus.ts";
import { CONTRADICTED, CORRECTED, SUPPORTED } from "./deviations.ts";
import { type FocusData, readFocusCsv, readFocusParquet } from "./focus-data.ts";
import { describeWithModel } from "./focus-model.ts";
import { SOME_CORRECTIONS } from "./some-corrections.ts";

const MONTHS = ["2026-09", "2026-10"] as const;
const READERS = { parquet: readFocusParquet, csv: readFocusCsv };

describeWithFixtures("the FOCUS export of the autumn exports", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  describeWithModel("under the rule set of FOCUS 1.2", (model) => {
    let folder: string;
    const data = new Map<string, FocusData>();

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
      const ledger = await fillAutumn(pathOf, new FsStore(join(folder, "lake")));
      for (const month of MONTHS) {
        const to = join(folder, month);
        mkdirSync(to);
        const { files } = await exportOf(ledger, month, to, month === "2026-10" ? SOME_CORRECTIONS : []);
        for (const format of ["parquet", "csv"] as const) data.set(`${month} ${format}`, await READERS[format](files[format]));
      }
    }, 600_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("the rule set is the one that the interpreter knows", () => {
      expect([model.rules.size, model.functions.length, model.criteria.length]).toEqual([621, 22, 18]);
    });

    test("the exports have charges of every kind", () => {
      const rows = MONTHS.flatMap((month) => data.get(`${month} parquet`)!.rows);
      const kinds = new Set(rows.map(({ ChargeCategory, ChargeClass, x_Billing, x_CostSource }) => [ChargeCategory, ChargeClass, x_Billing, x_CostSource].join("; ")));
      expect([...kinds].toSorted()).toEqual([
        "Adjustment; ; metered; adjustment",
        "Adjustment; Correction; metered; correction",
        "Usage; ; metered; aperture, no list price",
        "Usage; ; metered; aperture, split by list price",
        "Usage; ; self_hosted; price_list",
        "Usage; ; subscription; aperture, split by list price",
        "Usage; Correction; metered; correction",
        "Usage; Correction; subscription; correction",
      ]);
    });

    describe.each(MONTHS.flatMap((month) => [`${month} parquet`, `${month} csv`]))("%s", (name) => {
      let verdicts: Map<string, Verdict>;
      beforeAll(() => {
        verdicts = new FocusChecker(data.get(name)!, model, SUPPORTED, CORRECTED).all();
      });

      test("keeps every MUST and every SHOULD, but for the rule that another forbids to keep", () => {
        const failed = [...verdicts].flatMap(([id, verdict]) => (verdict.is === "failed" ? [`${model.rules.get(id)!.keyword}: ${id}: ${verdict.why}`] : []));
        expect(failed).toEqual(CONTRADICTED.map((id) => expect.stringContaining(id) as string));
      });

      test("is checked by as many rules as apply", () => {
        const counts = Map.groupBy(verdicts.values(), ({ is }) => is);
        expect(Object.fromEntries([...counts].map(([is, of]) => [is, of.length]))).toEqual({ passed: 247, failed: 1, dynamic: 119, permitted: 23, "not applicable": 231 });
      });

      test("rules that do not apply ask for what a gateway does not have", () => {
        const missing = [...verdicts.values()].flatMap((verdict) => (verdict.is === "not applicable" ? [verdict.criteria.join(" and ")] : []));
        const counts = Map.groupBy(missing, (criteria) => criteria);
        expect(Object.fromEntries([...counts].map(([criteria, of]) => [criteria, of.length]))).toEqual({
          AVAILABILITY_ZONE_SUPPORTED: 5,
          BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED: 2,
          "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED and RESOURCE_TYPE_ASSIGNMENT_SUPPORTED": 23,
          CAPACITY_RESERVATION_SUPPORTED: 21,
          COMMITMENT_DISCOUNT_SUPPORTED: 90,
          MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED: 8,
          MULTIPLE_PRICING_CATEGORIES_SUPPORTED: 1,
          MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED: 8,
          NEGOTIATED_PRICING_SUPPORTED: 15,
          PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED: 41,
          REGION_SUPPORTED: 14,
          VIRTUAL_CURRENCY_SUPPORTED: 3,
        });
      });
    });

    test("every rule whose check is replaced by its text is there", () => {
      expect([...CORRECTED.keys(), ...CONTRADICTED].filter((id) => !model.rules.has(id))).toEqual([]);
    });
  });
});

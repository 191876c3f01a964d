import { beforeEach, describe, expect, test } from "vitest";
import { closeMonth } from "../../../src/chargeback/close-month.ts";
import { serveWithDatasets } from "../../../src/chargeback/report-month.ts";
import { layout } from "../../../src/lake/layout.ts";
import type { FsStore } from "../../../src/storage/fs/fs-store.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { CLOSER } from "../../e2e/closing.ts";
import { hiddenCompany, jsonOf, person, PRIVACY, recognisedInReports, reportAll, TWO_MONTHS } from "./hidden-company.ts";

let ledger: Ledger;
let lake: FsStore;
let folder: string;

describe("what a month is compared with", () => {
  interface Detail { team: string; drivers: Record<string, string>[]; before: unknown; active_persons: number | null; per_active_person_usd: string | null; per_session_usd: string | null }

  beforeEach(async () => {
    ({ ledger, lake, folder } = await hiddenCompany(PRIVACY, TWO_MONTHS));
  });

  async function insightsOf(month: string): Promise<{ drivers: Record<string, string>[]; teams: Detail[] }> {
    const { insights } = (await jsonOf(lake, layout.report(month, "chargeback.json"))) as unknown as { insights: { drivers: Record<string, string>[]; teams: Detail[] } };
    return insights;
  }

  const fork = `acme/fork-of-${person("stray")}`;

  test("names nobody in any byte either, once the month before is closed", async () => {
    const { record } = await closeMonth(ledger, "2026-09", CLOSER);
    await serveWithDatasets(ledger, record);
    await reportAll(ledger, "2026-10");
    expect(await recognisedInReports(folder, "reports/")).toEqual([]);
    expect(Buffer.from(await lake.read("reports/2026-10/chargeback.html")).toString()).toContain(fork);
  });

  test("is put down to a pseudonym, and to what enough people use in both months", async () => {
    await reportAll(ledger, "2026-10");
    const { drivers, teams } = await insightsOf("2026-10");
    // Hermit made most of it, 29, and is in a team of one. Of 33 in September and 83 in October:
    const model = { kind: "model", name: "anthropic/claude-opus-4-8" };
    expect(drivers).toEqual([{ ...model, difference_usd: "50.000000000" }, { kind: "repo", name: fork, difference_usd: "50.000000000" }]);
    expect(Object.fromEntries(teams.map(({ team, drivers: of }) => [team, of]))).toEqual({
      core: [{ ...model, difference_usd: "16.000000000" }, { kind: "repo", name: fork, difference_usd: "16.000000000" }, { kind: "caller", name: person("quilla"), difference_usd: "11.000000000" }],
      duo: [], solo: [], grown: [], shrunk: [], "(unallocated)": [],
    });
  });

  test("has no averages of a team that was or is small", async () => {
    await closeMonth(ledger, "2026-09", CLOSER);
    await reportAll(ledger, "2026-10");
    const averages = Object.fromEntries((await insightsOf("2026-10")).teams.map(({ team, active_persons, per_active_person_usd, per_session_usd, before }) => [team, [active_persons, per_active_person_usd, per_session_usd, before]]));
    const small = [null, null, null, null];
    expect(averages).toEqual({
      // (18 + 10 + 5) / 6, and (12 + 5) / 6 before; sessions of 3, and of 2 before.
      core: [6, "5.500000000", "3.000000000", { per_active_person_usd: "2.833333333", per_session_usd: "2.000000000" }],
      grown: [5, "4.000000000", null, null],
      duo: small, solo: small, shrunk: small,
      "(unallocated)": [0, null, null, null],
    });
  });
});

import { beforeEach, expect, test } from "vitest";
import { closeMonth } from "../../../src/chargeback/close-month.ts";
import { diffMonths } from "../../../src/chargeback/diff-months.ts";
import { layout } from "../../../src/lake/layout.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { runOnce } from "../../../src/run/run-once.ts";
import type { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { CLOSER } from "../../e2e/closing.ts";
import { query } from "../../query.ts";
import { writeRequests } from "../../request-exports.ts";
import { companyLedger, CORE, hiddenCompany, jsonOf, login, person, PRIVACY, recognised, reportAll } from "./hidden-company.ts";

let ledger: Ledger;
let lake: FsStore;
let source: string;
let folder: string;

/** Late records of October: each of core's six 1 in `acme/web`, quilla 4 of a model and in a repository that only she has, two of duo 1 and 2, solo 9. */
beforeEach(async () => {
  ({ ledger, lake, source, folder } = await hiddenCompany());
  await closeMonth(ledger, "2026-10", CLOSER);
  writeRequests(source, [
    ...CORE.map((name) => ({ by: login(name), at: "2026-10-20T10:00:00Z", repo: "acme/web" })),
    { by: login("quilla"), at: "2026-10-20T11:00:00Z", dollars: 4, repo: "quilla/notes", model: "anthropic/claude-odd-9" },
    { by: login("dorsey"), at: "2026-10-20T12:00:00Z", dollars: 1 },
    { by: login("delphi"), at: "2026-10-20T13:00:00Z", dollars: 2 },
    { by: login("hermit"), at: "2026-10-20T14:00:00Z", dollars: 9 },
  ]);
  await runOnce(ledger);
});

test("corrections of a large team name by pseudonym, and have what few of its people have as others", async () => {
  await reportAll(ledger, "2026-11");
  expect(await recognised(folder, "reports/2026-11/")).toEqual([]);
  for (const file of ["chargeback.json", "corrections.csv", "teams/core/chargeback.json"]) expect(Buffer.from(await lake.read(layout.report("2026-11", file))).toString(), file).not.toContain("odd-9");
  const { corrections } = (await jsonOf(lake, "reports/2026-11/chargeback.json")) as unknown as { corrections: { team: string; caller: string; model: string; dimensions: object; difference_usd: string }[] };
  const shown = corrections.filter(({ team }) => team === "core").map(({ caller, model, dimensions, difference_usd }) => [caller, model, JSON.stringify(dimensions), Number(difference_usd)]);
  // The only other model and repository go with those of one person: together they have seven corrections of six people.
  expect(shown).toHaveLength(6);
  for (const name of CORE) expect(shown).toContainEqual([person(name), "(others)", '{"repo":"(others)"}', name === "quilla" ? 5 : 1]);
  expect(corrections.filter(({ team }) => team !== "core").map(({ team, caller, difference_usd }) => [team, caller, Number(difference_usd)])).toEqual([["duo", "(others)", 3], ["solo", "(others)", 9]]);
  const focus = await query(`SELECT sum(BilledCost)::DOUBLE AS billed, count(*) FILTER (x_Model <> '(others)')::INTEGER AS models FROM read_parquet('${folder}/reports/2026-11/focus.parquet') WHERE ChargeClass = 'Correction'`);
  expect(focus).toEqual([{ billed: 22, models: 0 }]);
});

test("a comparison adds up people of small teams and models of few, whatever else differs", async () => {
  const { byCaller, byModel, byTeam, total } = await diffMonths(ledger, "2026-10@closed", "2026-10@now");
  const rows = (of: typeof byCaller): [string, bigint][] => of.map(({ key, difference }) => [key.join(" "), difference / 1_000_000_000n]);
  expect(rows(byTeam)).toEqual([["core", 10n], ["solo", 9n], ["duo", 3n]]);
  // hermit, dorsey and delphi are three; of those with the smallest difference the two last by login go with them.
  expect(rows(byCaller)).toEqual([[person("quilla"), 5n], ...["umbriel", "vesper", "wexford"].map((name): [string, bigint] => [person(name), 1n]), ["(others)", 14n]]);
  expect(rows(byModel)).toEqual([["(others) (others)", 22n]]);
  expect(total.difference).toBe(22_000_000_000n);
  const pairs = await diffMonths(companyLedger(source, lake, { ...PRIVACY, smallestGroup: 2 }), "2026-10@closed", "2026-10@now");
  // In groups of two only solo is small, and its person is not shown beside what solo owes.
  expect(rows(pairs.byCaller).filter(([name]) => [person("hermit"), "(others)"].includes(name))).toEqual([["(others)", 10n]]);
  expect(rows(pairs.byCaller)).toContainEqual([person("delphi"), 2n]);
});

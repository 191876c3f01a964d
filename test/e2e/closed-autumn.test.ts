import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { sumOwedCorrections } from "../../src/chargeback/corrections/correction.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { layout } from "../../src/lake/layout.ts";
import { parseDollars } from "../../src/ledger/money.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { makeFigures } from "../allocation/autumn/make-figures.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { contentsOf } from "../keys-of.ts";
import { query } from "../query.ts";
import { addToSource, exportFiles, ingestedLake, sourceOf, testLedger } from "../test-ledger.ts";
import { bookedIn, close, correctedFigures, figuresOf } from "./closing.ts";

const FIGURES = join(import.meta.dirname, "../allocation/autumn");

/** Splits and a proportional pool: a late export changes what is everybody's. */
const SETTINGS = settingsOf({
  directory: {
    teams: [
      { name: "payments", cost_center: "CC-1", members: ["a*", "m*"] },
      { name: "web", members: ["b*", "c*", "d*", "m*"] },
    ],
  },
  allocation: {
    several: "even",
    rules: [{ when: { tag: "tag:ci" }, split: { payments: 70, web: 30 } }],
    pools: [{ name: "shared batch", when: { caller: "*tag:batch*" }, spread: "proportional" }],
    adjustments: [{ name: "committed use", percent: -8 }],
  },
});

describeWithFixtures("September of the autumn exports, closed after half of them", () => {
  test("and October's corrections are the truth, by team and in every column, and September keeps every byte", async () => {
    const files = exportFiles("autumn");
    const half = files.filter((_, index) => index % 2 === 0);
    const source = await sourceOf(half);
    const folder = await ingestedLake(half);
    const lake = new FsStore(folder);
    const ledger = testLedger(source, lake, { rules: { allocation: SETTINGS } });
    await runOnce(ledger);
    await close(ledger, "2026-09");
    const closed = await contentsOf(lake, "reports/2026-09/");
    const frozen = await contentsOf(lake, layout.allocations("2026-09"));

    await addToSource(new URL(source.url).pathname, files);
    const { corrections } = await runOnce(ledger);
    expect(corrections).toEqual({ booking: "2026-10", corrected: ["2026-09"], changed: true });
    expect(await contentsOf(lake, "reports/2026-09/")).toEqual(closed);
    expect(await contentsOf(lake, layout.allocations("2026-09"))).toEqual(frozen);

    const whole = await ingestedLake(files);
    await runOnce(testLedger(source, new FsStore(whole), { rules: { allocation: SETTINGS } }));
    const truth = await figuresOf(whole, "2026-09");
    expect(truth.length).toBeGreaterThan(100);
    expect(await correctedFigures(folder, "2026-09", ["2026-10"])).toEqual(truth);
    expect(await figuresOf(folder, "2026-10")).toEqual(await figuresOf(whole, "2026-10"));
    expect(new Set((await bookedIn(folder, "2026-10")).map(({ cause }) => cause))).toEqual(new Set(["late_export"]));

    const [{ usage, owing } = {}] = await query(`SELECT
      (SELECT sum(cost_usd) FROM read_parquet('${folder}/usage/date=2026-09-*/*.parquet', hive_partitioning = false)) AS usage,
      (SELECT sum(cost_usd) FROM (
        SELECT method, cost_usd FROM read_parquet('${folder}/${layout.allocations("2026-09")}')
        UNION ALL SELECT method, difference_usd FROM read_parquet('${folder}/${layout.corrections("2026-10")}')) WHERE method <> 'adjustment') AS owing`);
    expect(owing).toBe(usage);
  });

  test("every team owes what an independent script works out, once September's corrections are booked in October", async () => {
    const config = checkConfig(parse(readFileSync(join(FIGURES, "aperture-ledger.yaml"), "utf8")), "aperture-ledger.yaml");
    const policy = parsePolicy(readFileSync(fixture("policy.hujson") ?? "", "utf8"), "policy.hujson");
    const allocation = allocationSettings(config, [{ date: "2026-09-01", ...policy }]);
    const files = exportFiles("autumn");
    const half = files.filter((_, index) => index % 2 === 0);
    const folder = await ingestedLake(half);
    const lake = new FsStore(folder);
    const source = await sourceOf(half);
    const ledger = testLedger(source, lake, { rules: { allocation } });
    await runOnce(ledger);
    await close(ledger, "2026-09");
    await addToSource(new URL(source.url).pathname, files);
    await runOnce(ledger);

    const figures = JSON.parse(readFileSync(join(FIGURES, "figures.json"), "utf8")) as ReturnType<typeof makeFigures>;
    const september = await query(`
      SELECT team, sum(CASE WHEN billing <> 'subscription' THEN usd ELSE 0 END)::DECIMAL(38,9)::VARCHAR AS owed, sum(CASE WHEN billing = 'subscription' THEN usd ELSE 0 END)::DECIMAL(38,9)::VARCHAR AS list_value, sum(requests)::DECIMAL(38,9)::VARCHAR AS requests
      FROM (SELECT team, billing, cost_usd AS usd, requests FROM read_parquet('${folder}/${layout.allocations("2026-09")}')
        UNION ALL SELECT team, billing, difference_usd, requests FROM read_parquet('${folder}/${layout.corrections("2026-10")}'))
      GROUP BY team ORDER BY team`);
    const expected = Object.entries(figures["2026-09"]?.teams ?? {}).map(([team, { owed, list_value, requests }]) => ({ team, owed, list_value, requests }));
    expect(september).toEqual(expected);

    const reported = await reportMonth(ledger, "2026-10");
    if ("closed" in reported) throw new Error("October is open");
    const { allocated, corrections } = reported.open.report;
    const [{ closed } = { closed: "" }] = (await query(`SELECT sum(cost_usd)::DECIMAL(38,9)::VARCHAR AS closed FROM read_parquet('${folder}/${layout.allocations("2026-09")}') WHERE billing <> 'subscription'`)) as { closed: string }[];
    const owedIn = (month: string): bigint => Object.values(figures[month]?.teams ?? {}).reduce((sum, { owed }) => sum + (parseDollars(owed ?? "") ?? 0n), 0n);
    expect(sumOwed(allocated).cost).toBe(owedIn("2026-10"));
    expect((parseDollars(closed) ?? 0n) + sumOwedCorrections(corrections)).toBe(owedIn("2026-09"));
  });
});

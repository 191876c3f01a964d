import { expect, test } from "vitest";
import { runOnce } from "../../jobs/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { addToSource, exportFiles, sourceOf, temporaryFolder, testLedger } from "../test-ledger.ts";
import { bookedIn, close, contentsOf, correctedFigures, figuresOf } from "./closing.ts";

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
  test("and October's corrections are the truth, by team and in every column, and September keeps every byte", { timeout: 240_000 }, async () => {
    const files = exportFiles("autumn");
    const september = files.filter((file) => Number(/(\d+)\.cbor/.exec(file)?.[1]) < Date.parse("2026-10-01T12:00:00Z") / 1000);
    const half = september.filter((_, index) => index % 2 === 0);
    const source = await sourceOf(half);
    const folder = temporaryFolder();
    const lake = new FsStore(folder);
    const ledger = testLedger(source, lake, { allocation: SETTINGS });
    await runOnce(ledger);
    await close(ledger, "2026-09");
    const closed = await contentsOf(lake, "reports/2026-09/");
    const frozen = await contentsOf(lake, layout.allocations("2026-09"));

    await addToSource(new URL(source.url).pathname, files);
    const { corrections } = await runOnce(ledger);
    expect(corrections).toEqual({ booking: "2026-10", corrected: ["2026-09"], changed: true });
    expect(await contentsOf(lake, "reports/2026-09/")).toEqual(closed);
    expect(await contentsOf(lake, layout.allocations("2026-09"))).toEqual(frozen);

    const whole = temporaryFolder();
    await runOnce(testLedger(source, new FsStore(whole), { allocation: SETTINGS }));
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
});

import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { exportFiles, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

describeWithFixtures("two gateways", () => {
  test("whose exports have the same names share a lake and nothing else", async () => {
    const files = exportFiles("autumn").slice(0, 3);
    const folder = temporaryFolder();
    const lake = new FsStore(folder);
    const sources = [
      { instance: "east", store: await sourceOf(files) },
      { instance: "west", store: await sourceOf(files) },
    ];
    const { exports, totals } = await runOnce(testLedger(new FsStore(folder), lake, { stores: { sources } }));
    expect(exports).toMatchObject({ seen: 6, ingested: 6 });
    const rows = await query(`SELECT instance, count(*)::INTEGER requests FROM read_parquet('${folder}/usage/*/*.parquet') GROUP BY 1 ORDER BY 1`);
    const [east, west] = rows;
    expect(east?.["requests"]).toBe(west?.["requests"]);
    expect(totals.requests).toBe(2 * Number(east?.["requests"]));

    const before = await tableDigests(lake);
    const again = await runOnce(testLedger(new FsStore(folder), lake, { stores: { sources: sources.slice(0, 1) } }));
    expect(again.exports).toMatchObject({ seen: 3, ingested: 0 });
    expect(await tableDigests(lake)).toEqual(before);
  });
});

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { recordWrites } from "../hooked-store.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { digestsOfOneRun, exportFiles, ingestedLake, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { expectRollups } from "./rollups.ts";
import { expectTruth, readTruth } from "./truth.ts";

const autumn = (): FsStore => new FsStore(fixture("autumn") ?? "");

describeWithFixtures("an autumn of exports", () => {
  test("becomes a ledger with every figure of its truth, and nothing is written when it runs again", async () => {
    const folder = temporaryFolder();
    const { store: lake, writes } = recordWrites(new FsStore(folder));
    const summary = await runOnce(testLedger(autumn(), lake));

    const truth = readTruth("autumn");
    expect(summary.exports).toEqual({ seen: 188, ingested: 188, skipped: 0, damaged: 0 });
    expect(summary.records).toEqual({ read: 6037, accepted: 6037, quarantined: 0, duplicates: 37, newer: 0 });
    expect(summary.days).toEqual({ built: 47, fresh: 0 });
    expect(summary.totals).toMatchObject({ requests: truth.distinct.requests, cost_usd: "311.781033450" });
    await expectTruth(folder, "autumn");
    await expectRollups(folder);

    writes.length = 0;
    const again = await runOnce(testLedger(autumn(), lake));
    expect(writes).toEqual([]);
    expect(again.exports).toEqual({ seen: 188, ingested: 0, skipped: 188, damaged: 0 });
    expect(again.days).toEqual({ built: 0, fresh: 47 });
    expect([again.records, again.totals]).toEqual([summary.records, summary.totals]);
  });

  test("reads the same through another Parquet reader", async () => {
    const folder = await ingestedLake(exportFiles("autumn"));
    const file = await asyncBufferFromFile(join(folder, "usage/date=2026-09-15/prod.parquet"));
    const rows = await parquetReadObjects({ file, compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) } });
    expect(rows).toHaveLength(128);
    expect(rows.find(({ capture_id }) => capture_id === "cap-11-60da1984")).toMatchObject({
      ts: new Date("2026-09-15T12:05:56.212Z"),
      instance: "prod",
      record_id: 65n,
      caller: "tag:api,tag:prod",
      caller_type: "tag",
      tags: ["tag:api", "tag:prod"],
      agent: "claude-code",
      user_agent: "claude-cli/2.1.14 (external, github-action)",
      provider: "anthropic",
      model: "claude-haiku-4-5",
      model_recorded: "claude-haiku-4-5-20251001",
      status_code: 200,
      duration_ms: 55_760n,
      input_tokens: 2180n,
      output_tokens: 1495n,
      cached_tokens: 28_712n,
      cost_usd: expect.closeTo(0.0125262, 12) as number,
      cost_source: "aperture",
      billing: "metered",
      partial: false,
      export: "ts-aperture-export-1789495200.cbor.zstd",
    });
    expect(rows.find(({ capture_id }) => capture_id === "cap-11-b548be3f")).toMatchObject({
      caller: "user16@example.com",
      tags: [],
      provider: "anthropic-passthrough",
      model: "claude-opus-4-8",
      billing: "subscription",
    });
  });

  test("becomes the same ledger on S3, source and lake", async () => {
    const place = await freshS3(SHARED_S3);
    for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
    const source = await openStore({ ...place.location, url: `${place.location.url}/exports` });
    // A server takes its time for each object; these are of two months, with records that came late and twice.
    const files = exportFiles("autumn").slice(56, 76);
    for (const file of files) await source.create(`prod/${basename(file)}`, await readFile(file));
    const { store: lake, writes } = recordWrites(await openStore({ ...place.location, url: `${place.location.url}/lake` }));

    await runOnce(testLedger(source, lake));
    expect(await tableDigests(lake)).toEqual(await digestsOfOneRun(files));

    writes.length = 0;
    await runOnce(testLedger(source, lake));
    expect(writes).toEqual([]);
  });

  test("keeps every export as it came", async () => {
    const lake = new FsStore(await ingestedLake(exportFiles("autumn")));
    for (const file of exportFiles("autumn")) {
      const name = basename(file);
      const day = new Date(Number(/\d+/.exec(name)?.[0]) * 1000).toISOString().slice(0, 10).replaceAll("-", "/");
      expect(Buffer.from(await lake.read(`archive/prod/${day}/${name}`)).equals(await readFile(file))).toBe(true);
    }
  });
});

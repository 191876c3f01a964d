import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { describe, expect, test } from "vitest";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { objectChanged } from "../../src/storage/object-errors.ts";
import { copiesOf } from "../archived-copies.ts";
import { HookedStore } from "../hooked-store.ts";
import { mayBeIncoherent, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { keysOf } from "../keys-of.ts";

const NAME = "ts-aperture-export-1791500000.cbor.zstd";

/** Puts an export of one request a number into a source; `day` is what the file system says of its age. */
function put(source: string, key: string, requests: Record<string, number>, day = "2026-10-08"): void {
  const records = Object.entries(requests).map(([capture_id, dollars]) => ({
    timestamp: "2026-10-05T12:00:00Z",
    identity: { login_name: "a@example.com" },
    model: "claude-sonnet-4-6",
    usage: { input_tokens: 10, output_tokens: 5 },
    estimated_cost: { dollars },
    capture_id,
    status_code: 200,
  }));
  const path = join(source, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, zstdCompressSync(Buffer.concat(records.map((record) => encode(record)))));
  utimesSync(path, new Date(day), new Date(day));
}

interface TestLake {
  source: string;
  lake: FsStore;
  run: () => Promise<RunSummary>;
}

function freshLake(): TestLake {
  const source = temporaryFolder();
  const lake = new FsStore(temporaryFolder());
  return { source, lake, run: async () => await runOnce(testLedger(new FsStore(source), lake)) };
}

describe("an export that was replaced at its source", () => {
  test.each([["with the time in its name", NAME], ["without", "nightly.cbor.zstd"]])(
    "%s: both versions are kept, each request counts once, as the replacement has it",
    async (_, name) => {
      const { source, lake, run } = freshLake();
      put(source, name, { one: 1, two: 2 }, "2026-10-08");
      await run();
      put(source, name, { one: 10, three: 3 }, "2026-10-09");
      const { records, totals } = await run();
      expect(records).toMatchObject({ read: 4, duplicates: 1 });
      expect(totals).toMatchObject({ requests: 3, cost_usd: "15.000000000" });
      expect(await copiesOf(lake)).toHaveLength(2);
      const again = await run();
      expect([again.exports.ingested, again.days.built]).toEqual([0, 0]);
    },
  );

  test("wins wherever its requests lie in the file, however often that is built", async () => {
    const { source, lake, run } = freshLake();
    put(source, NAME, { one: 1 });
    await run();
    put(source, NAME, { one: 2 }, "2026-10-09");
    expect((await run()).totals.cost_usd).toBe("2.000000000");
    const digests = await tableDigests(lake);
    for (let i = 0; i < 5; i++) {
      for (const key of await keysOf(lake, "usage/")) await lake.remove(key);
      await run();
      expect(await tableDigests(lake)).toEqual(digests);
    }
  });
});

describe("exports of one name in several folders of a source", () => {
  test("are one export where the bytes are the same", async () => {
    const { source, lake, run } = freshLake();
    for (const [index, folder] of ["a", "b", "c"].entries()) put(source, `${folder}/dump.cbor.zstd`, { one: 1 }, `2026-10-1${index}`);
    expect((await run()).records).toMatchObject({ read: 1, duplicates: 0 });
    expect(await copiesOf(lake)).toHaveLength(1);
    expect((await run()).exports).toEqual({ seen: 3, ingested: 0, skipped: 3, damaged: 0 });
  });

  test("are several where the bytes differ", async () => {
    const { source, lake, run } = freshLake();
    for (const [index, folder] of ["a", "b", "c"].entries()) put(source, `${folder}/dump.cbor.zstd`, { [folder]: 1 }, `2026-10-1${index}`);
    expect((await run()).totals).toMatchObject({ requests: 3, cost_usd: "3.000000000" });
    expect(await copiesOf(lake)).toHaveLength(3);
    expect((await run()).exports).toMatchObject({ ingested: 0, skipped: 3 });
  });
});

describe("an object that was touched at its source", () => {
  test("is compared, kept once, and changes no table", async () => {
    const { source, lake, run } = freshLake();
    put(source, "nightly.cbor.zstd", { one: 1 }, "2026-10-08");
    await run();
    const before = await tableDigests(lake);
    put(source, "nightly.cbor.zstd", { one: 1 }, "2026-10-12");
    expect((await run()).days.built).toBe(0);
    expect(await copiesOf(lake)).toHaveLength(1);
    expect(await tableDigests(lake)).toEqual(before);
    expect((await run()).exports).toMatchObject({ ingested: 0, skipped: 1 });
  });
});

describe("what was lost of the lake is made again from the archive", () => {
  test.each(["_ledger/exports/", "_ledger/", "landing/", "usage/", "rollups/", "quarantine/"])("%s", async (prefix) => {
    const { source, lake, run } = freshLake();
    put(source, NAME, { one: 1, two: Number.NaN });
    put(source, "ts-aperture-export-1791503600.cbor.zstd", { three: 3 });
    const whole = await run();
    const before = await tableDigests(lake);
    const quarantine = await lake.read((await keysOf(lake, "quarantine/"))[0] ?? "");
    const ledger = testLedger(new FsStore(temporaryFolder()), lake);
    for (const key of await keysOf(lake, prefix)) await lake.remove(key);

    const { exports, days } = await readLedgerStatus(ledger);
    expect(exports.stale + days.stale.length).toBeGreaterThan(0);
    const { records, totals } = await runOnce(ledger);
    expect([records, totals]).toEqual([whole.records, whole.totals]);
    expect(await tableDigests(lake)).toEqual(before);
    expect(Buffer.from(await lake.read((await keysOf(lake, "quarantine/"))[0] ?? ""))).toEqual(Buffer.from(quarantine));
    expect((await readLedgerStatus(ledger)).exports.stale).toBe(0);
  });

  test("a copy that is gone from the archive is taken from the source again, and missed where that is gone too", async () => {
    mayBeIncoherent("a copy is taken away");
    const { source, lake, run } = freshLake();
    put(source, NAME, { one: 1 });
    await run();
    const [copy = ""] = await copiesOf(lake);
    await lake.remove(copy);
    await run();
    expect(await copiesOf(lake)).toEqual([copy]);
    await lake.remove(copy);
    const elsewhere = testLedger(new FsStore(temporaryFolder()), lake);
    expect((await readLedgerStatus(elsewhere)).exports.without_copy).toEqual([`prod ${NAME}`]);
  });
});

describe("two runs at once", () => {
  test("both end well, and with a third the tables are those of one run", async () => {
    const { source, lake, run } = freshLake();
    const clean = freshLake();
    for (let i = 0; i < 12; i++) {
      put(source, `ts-aperture-export-${1_791_500_000 + i}.cbor.zstd`, { [`r${i}`]: i });
      put(clean.source, `ts-aperture-export-${1_791_500_000 + i}.cbor.zstd`, { [`r${i}`]: i });
    }
    await Promise.all([run(), run()]);
    await run();
    await clean.run();
    expect(await tableDigests(lake)).toEqual(await tableDigests(clean.lake));
  });

  test("a day that is replaced while months are allocated is looked at again, and not for ever", async () => {
    const { source, lake } = freshLake();
    put(source, NAME, { one: 1 });
    const runWhile = async (times: number): Promise<RunSummary> => {
      let replaced = 0;
      const moving = new HookedStore(lake, (operation, key) => {
        if (operation === "download" && key.startsWith("rollups/") && replaced++ < times) throw objectChanged(lake.url, key);
      });
      return await runOnce(testLedger(new FsStore(source), moving));
    };
    await expect(runWhile(Infinity)).rejects.toMatchObject({ code: "allocation_failed", message: expect.stringContaining("was replaced after it was listed") as string });
    expect((await runWhile(2)).months).toEqual({ allocated: 1, fresh: 0 });
  });
});

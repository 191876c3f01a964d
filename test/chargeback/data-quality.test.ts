import { changeLedger } from "../change-ledger.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FeedingExport, findIncomplete } from "../../src/chargeback/sections/quality/feeding-exports.ts";
import { ingestExport } from "../../src/ingest/ingest-export.ts";
import { pullExports } from "../../src/ingest/pull-exports.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { addToSource, temporaryFolder } from "../test-ledger.ts";
import { publishInvented } from "./invented-allocations.ts";
import { fillHostileLake, hostileExport, type RealLake } from "./real-lake.ts";

function invent(name: string, change: Partial<FeedingExport>): FeedingExport {
  const records = { read: 1, accepted: 0, quarantined: 1 };
  return { instance: "prod", name, time: "2026-10-15T00:00:00.000Z", damaged: false, records, dates: [], ...change };
}

describe("findIncomplete", () => {
  const month = boundMonth("2026-10", "UTC");
  const names = (exports: FeedingExport[]): string[] => findIncomplete(exports, month).quarantined.map(({ name }) => name);

  test("takes exports by the dates they landed on, however late they were made", () => {
    expect(names([invent("late", { time: "2026-12-24T00:00:00.000Z", dates: ["2026-10-31"] })])).toEqual(["late"]);
    expect(names([invent("other", { time: "2026-12-24T00:00:00.000Z", dates: ["2026-11-30"] })])).toEqual([]);
  });

  test("takes exports without landing files by when they were made, up to two days after the month", () => {
    const times = ["2026-09-30T23:59:59.000Z", "2026-10-01T00:00:00.000Z", "2026-11-02T23:59:59.000Z", "2026-11-03T00:00:00.000Z"];
    expect(names(times.map((time) => invent(time, { time })))).toEqual(times.slice(1, 3));
  });

  test("leaves whole exports out and orders the others", () => {
    const whole = { records: { read: 1, accepted: 1, quarantined: 0 } };
    const exports = [invent("b", {}), invent("a", {}), invent("whole", whole), invent("cut", { ...whole, damaged: true })];
    expect(names(exports)).toEqual(["a", "b"]);
    expect(findIncomplete(exports, month).damaged.map(({ name }) => name)).toEqual(["cut"]);
  });
});

describeWithFixtures("a lake of damaged and quarantined exports", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["truncated", "not-zstd", "bad-cost", "odd-logins"]);
  });
  afterAll(async () => await lake.remove());

  test("the report names them with their counts", async () => {
    const { quality } = (await publishInvented(lake.store, "2026-10")).report;
    expect(quality.damaged.map(({ name, records }) => [name, records])).toEqual([
      ["ts-aperture-export-1791500000.cbor.zstd", { read: 30, accepted: 30, quarantined: 0 }],
      ["ts-aperture-export-1791500001.cbor.zstd", { read: 0, accepted: 0, quarantined: 0 }],
    ]);
    expect(quality.quarantined.map(({ name, records }) => [name, records])).toEqual([
      ["ts-aperture-export-1791500002.cbor.zstd", { read: 15, accepted: 10, quarantined: 5 }],
    ]);
    expect(quality.unbuiltDays).toEqual([]);
  });

  test("a month without usage is an error that names a way out, though damaged exports were made in it", async () => {
    await expect(publishInvented(lake.store, "2026-11")).rejects.toMatchObject({
      code: "month_empty",
      remedy: expect.stringContaining("aperture-ledger run") as string,
    });
  });

  test("a day that an export came in for and that is not built again yet is reported", async () => {
    const folder = temporaryFolder();
    await addToSource(folder, [hostileExport("time-forms")], () => "ts-aperture-export-1791500009.cbor.zstd");
    const ledger = changeLedger(lake.ledger, { stores: { sources: [{ instance: "prod", store: new FsStore(folder) }] } });
    const before = (await publishInvented(lake.store, "2026-10")).report;
    const { tasks } = await pullExports(ledger, await loadLedgerState(lake.store));
    for (const task of tasks) await ingestExport(task, ledger);

    const { quality, total } = (await publishInvented(lake.store, "2026-10")).report;
    expect(quality.unbuiltDays).toEqual([{ date: "2026-10-05", instance: "prod" }]);
    expect(total).toEqual(before.total);
  });
});

import { describe, expect, test } from "vitest";
import { rebuildDay } from "../../src/ingest/rebuild-day.ts";
import { ingestExport } from "../../src/ingest/ingest-export.ts";
import { pullExports } from "../../src/ingest/pull-exports.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { findDayStale } from "../../src/lake/days/day-state.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { type Day, isDayFresh, listDays } from "../../src/lake/days/stale.ts";
import type { ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { HookedStore } from "../hooked-store.ts";
import { freshStores } from "../services/s3-stores.ts";
import { tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

interface DayOfExports {
  source: ObjectStore;
  lake: ObjectStore;
  undisturbed: ObjectStore;
  arriveLater: () => Promise<void>;
}

/** A day's exports, the second half of which arrives later. */
async function aDay(): Promise<DayOfExports> {
  const { storeAt } = await freshStores();
  const [source, lake, undisturbed] = [await storeAt("exports"), await storeAt("lake"), await storeAt("undisturbed")];
  const later: { name: string; bytes: Uint8Array }[] = [];
  let index = 0;
  for await (const { name, bytes } of simulateExports({ days: 1, records: 200, everySeconds: 10_800 }).exports) {
    if (index++ < 4) await source.create(name, bytes);
    else later.push({ name, bytes });
  }
  return {
    source,
    lake,
    undisturbed,
    async arriveLater() {
      for (const { name, bytes } of later) await source.create(name, bytes);
    },
  };
}

async function ingestAll(source: ObjectStore, lake: ObjectStore): Promise<void> {
  const ledger = testLedger(source, lake);
  const { tasks } = await pullExports(ledger, await loadLedgerState(lake));
  for (const task of tasks) await ingestExport(task, ledger);
}

async function staleDays(lake: ObjectStore): Promise<Day[]> {
  const state = await loadLedgerState(lake);
  return listDays(state).filter((day) => !isDayFresh(day, state.etags, withoutPrices));
}

async function build(day: Day, store: ObjectStore): Promise<void> {
  const workspace = temporaryFolder();
  await withDuckDb({ temporaryDirectory: workspace }, (duck) => rebuildDay(day, { store, duck, workspace, pricingOf: withoutPrices }));
}

/** A store whose first write of a key waits until it is let go. */
class WaitingStore extends HookedStore {
  readonly reached = Promise.withResolvers<void>();
  readonly letGo = Promise.withResolvers<void>();
  readonly #key: string;
  #waited = false;

  constructor(store: ObjectStore, key: string) {
    super(store, () => undefined);
    this.#key = key;
  }

  override async replace(...[key, body, retention]: Parameters<ObjectStore["replace"]>): Promise<ObjectEntry> {
    if (key.startsWith(this.#key) && !this.#waited) {
      this.#waited = true;
      this.reached.resolve();
      await this.letGo.promise;
    }
    return await super.replace(key, body, retention);
  }
}

describe("two builds of one day at the same time", () => {
  test.each(["usage/", "rollups/", "_ledger/days/"])("end with the newer inputs, though the older one writes %s last", async (key) => {
    const { source, lake, undisturbed, arriveLater } = await aDay();
    await ingestAll(source, lake);
    const [older] = await staleDays(lake);
    const slow = new WaitingStore(lake, key);
    const slowBuild = build(older!, slow);
    await slow.reached.promise;

    await arriveLater();
    await ingestAll(source, lake);
    const [newer] = (await staleDays(lake)).filter(({ date }) => date === older!.date);
    await build(newer!, lake);
    slow.letGo.resolve();
    await slowBuild;

    for (const day of await staleDays(lake)) await build(day, lake);
    expect(await findDayStale(lake, older!, withoutPrices)).toBeUndefined();
    await runOnce(testLedger(source, undisturbed));
    const ofDays = ["usage/", "rollups/"];
    expect(await tableDigests(lake, ofDays)).toEqual(await tableDigests(undisturbed, ofDays));
  });
});

test("a day that lacks an export's landing file is not built without it, but once the export is ingested again", async () => {
  const { source, lake } = await aDay();
  await ingestAll(source, lake);
  const [day] = await staleDays(lake);
  const [first] = day!.inputs;
  await lake.remove(first!.landing.key);
  await expect(build(day!, lake)).rejects.toMatchObject({ code: "object_missing" });
  await ingestAll(source, lake);
  await build(day!, lake);
  expect(await findDayStale(lake, day!, withoutPrices)).toBeUndefined();
});

test("a day looked at by itself is what the whole ledger says of it", async () => {
  const { source, lake } = await aDay();
  await ingestAll(source, lake);
  for (const day of await staleDays(lake)) expect(await findDayStale(lake, { date: day.date, instance: day.instance }, withoutPrices)).toEqual(day);
  await runOnce(testLedger(source, lake));
  for (const { date, instance } of listDays(await loadLedgerState(lake))) expect(await findDayStale(lake, { date, instance }, withoutPrices)).toBeUndefined();
  expect(await findDayStale(lake, { date: "1999-01-01", instance: "prod" }, withoutPrices)).toBeUndefined();
});

test("a day that holds an export as another version landed it says which, and is left as it is", async () => {
  const { source, lake, arriveLater } = await aDay();
  await runOnce(testLedger(source, lake));
  const before = await tableDigests(lake);
  const { exports } = await loadLedgerState(lake);
  const [older] = [...exports.values()];
  const manifest = Buffer.from(await lake.read(older!.manifest.key)).toString();
  await lake.replace(older!.manifest.key, Buffer.from(manifest.replace(/landing \d+/, "landing 1")));
  await lake.remove(older!.archive);
  await source.remove(older!.name);
  await arriveLater();
  await expect(runOnce(testLedger(source, lake))).rejects.toMatchObject({
    code: "day_build_failed",
    message: expect.stringContaining(older!.name) as string,
    remedy: expect.stringContaining("archive") as string,
  });
  const [date] = older!.landing.map((landed) => landed.date);
  const key = `usage/date=${date}/prod.parquet`;
  expect((await tableDigests(lake))[key]).toBe(before[key]);
});

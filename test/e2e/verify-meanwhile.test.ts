import { afterAll, beforeAll, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { rule } from "../archive/retained-archive.ts";
import { MeanwhileStore } from "../archive/meanwhile.ts";
import { StoppingStore } from "../archive/stopping-stores.ts";
import { copyOf } from "./archived-days.ts";
import { callersOn, day, liveThrough, TwoMonths } from "./two-months.ts";

const DAYS_BEFORE = 6;
/** How many places of a verification the next day's job is done at. */
const PLACES = 8;
let months: TwoMonths;

/** The archive of a few days, and the next day's exports at the sources: its job ingests, reduces, purges and seals. */
beforeAll(async () => {
  months = new TwoMonths([rule("records", "3 days", { callerType: "tag" }), rule("bodies", "2 days")]);
  await liveThrough(months, DAYS_BEFORE);
  months.now = new Date(`${day(DAYS_BEFORE)}T23:30:00Z`);
  for (const gateway of months.gateways) gateway.export(day(DAYS_BEFORE), gateway.record(day(DAYS_BEFORE), callersOn(DAYS_BEFORE)));
}, 600_000);

afterAll(() => {
  months.end();
});

test("the next day's job, done while a verification is anywhere, makes it find nothing", async () => {
  const counting = new MeanwhileStore(months.lake, -1, () => Promise.resolve());
  await months.verify({ archive: counting, lake: counting });
  for (let place = 0; place < PLACES; place++) {
    const lake = months.copy();
    const at = Math.floor((place * counting.reads) / PLACES);
    const meanwhile = new MeanwhileStore(lake, at, () => months.job(months.ledger({ stores: { lake, archive: lake } })));
    const { findings } = await months.verify({ archive: meanwhile, lake: meanwhile });
    expect(findings, `before read ${String(at)} of ${String(counting.reads)}`).toEqual([]);
    expect((await months.verify({ archive: lake, lake })).gateways.map(({ digests, exports }) => ({ digests, purged: exports.purged })), "the job was done").toEqual([0, 1].map(() => ({ digests: DAYS_BEFORE + 1, purged: 1 })));
  }
});

test("an export that has no receipt yet is no finding once it has one", async () => {
  const lake = months.copy();
  const key = copyOf("prod", day(DAYS_BEFORE));
  const stopping = new StoppingStore(lake, "create", archiveLayout.receipt(key));
  const run = runOnce(months.ledger({ stores: { lake: stopping, archive: stopping } }));
  await stopping.reached.promise;
  const pause = async (): Promise<void> => {
    stopping.letGo.resolve();
    await run;
  };
  expect((await months.verify({ archive: lake, lake })).findings).toMatchObject([{ code: "added", key }]);
  expect((await months.verify({ archive: lake, lake, pause })).findings).toEqual([]);
});

test("an export that was put there without a receipt is found however often one looks", async () => {
  const lake = months.copy();
  const key = copyOf("prod", day(45));
  await lake.create(key, Buffer.from("put there"));
  let pauses = 0;
  const pause = (): Promise<void> => Promise.resolve(void pauses++);
  expect((await months.verify({ archive: lake, lake, pause })).findings.map(({ code, key: at }) => `${code} ${at}`)).toEqual([`added ${key}`]);
  expect(pauses).toBe(1);
});

test("what arrived and is not built yet is no finding", async () => {
  const lake = months.copy();
  const stopping = new StoppingStore(lake, "replace", "usage/");
  const run = runOnce(months.ledger({ stores: { lake: stopping, archive: stopping } }));
  await stopping.reached.promise;
  const { findings, gateways } = await months.verify({ archive: lake, lake });
  stopping.letGo.resolve();
  await run;
  expect(gateways.map(({ waiting }) => waiting.exports)).toEqual([1, 1]);
  expect(findings).toEqual([]);
});

test("a table that has no manifest yet is no finding once it has one", async () => {
  const lake = months.copy();
  const stopping = new StoppingStore(lake, "replace", `_ledger/days/${day(DAYS_BEFORE)}/`);
  const run = runOnce(months.ledger({ stores: { lake: stopping, archive: stopping } }));
  await stopping.reached.promise;
  const pause = async (): Promise<void> => {
    stopping.letGo.resolve();
    await run;
  };
  // Days are built beside each other: the other gateway's may have got as far as that.
  const found = (await months.verify({ archive: lake, lake })).findings;
  expect(new Set(found.map(({ code }) => code))).toEqual(new Set(["rows_differ"]));
  expect((await months.verify({ archive: lake, lake, pause })).findings).toEqual([]);
});

import { plainLedger } from "../plain-ledger.ts";
import { changeLedger } from "../change-ledger.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLimits, stateOfBudgets } from "../../src/limits/check-limits.ts";
import { findToldLate } from "../../src/limits/checking/ended-limits.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadAlerts, loadOpenAlerts } from "../../src/lake/records/alert-record.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { noteWatchedSince } from "../../src/lake/records/watched-budgets.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { digestBudget } from "../../src/limits/budgets/digest-budget.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { startReceiver } from "../messages/receiver.ts";
import { testTools } from "../messages/sending-tools.ts";
import { budgetOf, DOLLAR } from "./spent.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { MINUTE, notifying, ops } from "./raised-alerts.ts";

const by = "ann@example.com";
const DAILY = budgetOf({ name: "daily", per: "day", amount: DOLLAR, thresholds: [100], forecast: false, notify: ["ops"] });

/** $5 at noon on each of these days of October 2026. */
async function buildLake(place: string, days: readonly number[]): Promise<string> {
  const source = join(place, "exports");
  writeRequests(source, days.map((day) => ({ by, at: `2026-10-${String(day).padStart(2, "0")}T12:00:00Z`, dollars: 5 })));
  await runOnce(testLedger(new FsStore(source), new FsStore(join(place, "lake"))));
  return join(place, "lake");
}

let folder: string;
let built: FsStore;
let days: DayManifest[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  built = new FsStore(await buildLake(folder, [1, 2, 3, 4, 5, 6, 7, 8]));
  days = await daysOf(built);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function daysOf(lake: ObjectStore): Promise<DayManifest[]> {
  return [...(await loadLedgerState(lake)).days.values()];
}

/** A lake that nobody was told anything out of yet, with the tables of another. */
class FreshLake extends HookedStore {
  constructor() {
    super(new FsStore(temporaryFolder()), () => undefined);
  }

  override async download(...args: Parameters<ObjectStore["download"]>): ReturnType<ObjectStore["download"]> {
    return await built.download(...args);
  }
}

function daysBefore(now: string): DayManifest[] {
  return days.filter(({ date }) => date < now.slice(0, 10));
}

interface Told {
  url: string;
  received: { body: string }[];
}

/** By the days before now, unless it says otherwise. */
async function check(lake: ObjectStore, { url }: Told, now: string, budgets: readonly Budget[] = [DAILY], { worker = "worker-1", known = daysBefore(now) } = {}): Promise<void> {
  const clock = (): Date => new Date(now);
  const alerting = { notifying: notifying([ops(url)], { retryMilliseconds: MINUTE }), anomalies: undefined, tools: testTools({ clock, worker }) };
  await checkLimits(changeLedger(plainLedger(lake, lake), { rules: { budgets: () => budgets }, telling: { alerting } }), known, clock());
}

function told({ received }: Told): string[] {
  return received.map(({ body }) => JSON.parse(body) as { limit: string; period: string; threshold: string }).map(({ limit, period, threshold }) => `${limit} ${period} ${threshold}`).toSorted();
}

describe("a check in the night after", () => {
  test("tells of a day's budget that was spent at noon, once however often it runs", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    await check(lake, to, "2026-10-08T01:30:00Z", [{ ...DAILY, from: "2026-10-07" }]);
    expect(told(to)).toEqual(["daily 2026-10-07 100"]);
    await check(lake, to, "2026-10-09T01:30:00Z", [{ ...DAILY, from: "2026-10-07" }]);
    await check(lake, to, "2026-10-10T01:30:00Z", [{ ...DAILY, from: "2026-10-07" }]);
    expect(told(to)).toEqual(["daily 2026-10-07 100", "daily 2026-10-08 100"]);
    expect(JSON.parse(to.received[1]!.body)).toMatchObject({ title: "Budget daily (everything): 100 % of $1.00 was spent in 2026-10-08; the day has ended" });
  });

  test("tells of a month that was used up on its last day, on the first", async () => {
    const place = temporaryFolder();
    const [lake, to] = [new FsStore(await buildLake(place, [1, 30, 31])), await startReceiver()];
    const monthly = budgetOf({ name: "monthly", amount: 15n * DOLLAR, thresholds: [60, 100], notify: ["ops"] });
    for (const now of ["2026-10-31T01:30:00Z", "2026-11-01T01:30:00Z"]) await check(lake, to, now, [monthly], { known: await daysOf(lake) });
    expect(told(to)).toEqual(["monthly 2026-10 100", "monthly 2026-10 60"]);
  });

  test("tells of a day that an export of two days later raised", async () => {
    const [place, to] = [temporaryFolder(), await startReceiver()];
    const lake = new FsStore(await buildLake(place, [1]));
    for (const now of ["2026-10-05T01:30:00Z", "2026-10-06T01:30:00Z"]) await check(lake, to, now, [DAILY], { known: await daysOf(lake) });
    expect(told(to)).toEqual([]);
    await buildLake(place, [4]);
    await check(lake, to, "2026-10-07T01:30:00Z", [DAILY], { known: await daysOf(lake) });
    expect(told(to)).toEqual(["daily 2026-10-04 100"]);
  });
});

describe("how far back is looked", () => {
  test("is three days for a budget that is evaluated for the first time", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    await check(lake, to, "2026-10-09T01:30:00Z");
    expect(told(to)).toEqual(["daily 2026-10-06 100", "daily 2026-10-07 100", "daily 2026-10-08 100"]);
  });

  test("is to the last evaluation for one that is watched, though nobody looked for a week", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    const budget = { ...DAILY, from: "2026-10-01" };
    await check(lake, to, "2026-10-01T01:30:00Z", [budget]);
    await check(lake, to, "2026-10-09T01:30:00Z", [budget]);
    expect(told(to)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((day) => `daily 2026-10-0${String(day)} 100`));
  });

  test("is three days for a budget whose amount was changed: what is long over is not judged by the new one", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    await check(lake, to, "2026-10-01T01:30:00Z", [{ ...DAILY, amount: 100n * DOLLAR }]);
    await check(lake, to, "2026-10-09T01:30:00Z");
    expect(told(to)).toEqual(["daily 2026-10-06 100", "daily 2026-10-07 100", "daily 2026-10-08 100"]);
  });

  test.each<[string, (lake: ObjectStore) => Promise<unknown>]>([
    ["lost", (lake) => lake.remove(layout.watchedBudget("daily"))],
    ["no JSON", (lake) => lake.replace(layout.watchedBudget("daily"), Buffer.from("{"))],
    ["from a clock that is ahead", (lake) => noteWatchedSince(lake, { name: "daily", definition: digestBudget(DAILY) }, new Date("2036-01-01"))],
  ])("is three days where the note of it is %s: nobody is told twice, and of nothing less", async (_, spoil) => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    await check(lake, to, "2026-10-08T01:30:00Z");
    const before = told(to);
    await spoil(lake);
    await check(lake, to, "2026-10-09T01:30:00Z");
    await check(lake, to, "2026-10-09T01:31:00Z");
    expect(told(to)).toEqual([...before, "daily 2026-10-08 100"]);
  });

  test("is noted once, and costs nothing to read again what was told", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    await check(lake, to, "2026-10-09T01:30:00Z");
    const writes: string[] = [];
    await check(new HookedStore(lake, (operation, key) => void (["create", "replace", "remove"].includes(operation) && writes.push(key))), to, "2026-10-10T01:30:00Z");
    expect(writes).toEqual([]);
  });
});

describe("what is found after the end", () => {
  test("is shown until the look-back is over, and a look writes nothing", async () => {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    const hooked = new HookedStore(lake, (operation, key) => {
      if (operation === "create" || operation === "replace" || operation === "remove") throw new Error(`${operation} ${key}`);
    });
    const lateAt = async (store: ObjectStore, now: string): Promise<string[]> => {
      const { ended } = await stateOfBudgets(plainLedger(store, store), [DAILY], days, new Date(now), false);
      return (await findToldLate(store, ended)).map(({ period }) => period.name);
    };
    expect(await lateAt(hooked, "2026-10-09T01:00:00Z")).toEqual(["2026-10-08", "2026-10-07", "2026-10-06"]);
    // In time: while the day goes on.
    await check(lake, to, "2026-10-08T20:00:00Z", [DAILY], { known: days });
    expect(await lateAt(hooked, "2026-10-09T01:00:00Z")).toEqual(["2026-10-07", "2026-10-06", "2026-10-05"]);
  });
});

/** A store under which a worker dies after so many operations, those aside that fetch a table. */
function dyingAfter(lake: ObjectStore, operations: number): { store: ObjectStore; died: () => boolean } {
  let left = operations;
  const store = new HookedStore(lake, (operation) => {
    if (operation === "download") return;
    if (left-- <= 0) throw new Error("killed");
  });
  return { store, died: () => left < 0 };
}

test("wherever a worker dies over an ended period, two others tell of it once, or once more if it was sent and not written down", async () => {
  const budget = { ...DAILY, from: "2026-10-08" };
  let crashes = 0;
  for (let operations = 0; ; operations++) {
    const [lake, to] = [new FreshLake(), await startReceiver()];
    const { store, died } = dyingAfter(lake, operations);
    const known = days.slice(-1);
    await check(store, to, "2026-10-09T01:30:00Z", [budget], { known }).catch(() => undefined);
    const unsaid = to.received.length === 1 && (await loadAlerts(lake))[0]?.state !== "sent";
    await Promise.all(["a", "b"].map((worker) => check(lake, to, "2026-10-10T01:30:00Z", [budget], { worker, known })));
    expect([operations, told(to)]).toEqual([operations, Array.from({ length: unsaid ? 2 : 1 }, () => "daily 2026-10-08 100")]);
    expect(await loadOpenAlerts(lake)).toEqual([]);
    if (!died()) break;
    crashes++;
  }
  expect(crashes).toBeGreaterThan(4);
});

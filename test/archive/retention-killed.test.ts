import { afterAll, beforeAll, expect, test } from "vitest";
import { kindOfArchived } from "../../src/lake/layout.ts";
import { type SealedArchive, sealArchive } from "../../src/archive/seal-archive.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { rule } from "./retained-archive.ts";
import { contentsOf } from "../keys-of.ts";
import { callersOn, day, liveThrough, TwoMonths } from "../e2e/two-months.ts";
import { HookedStore, recordWrites } from "../hooked-store.ts";
import { tableDigests } from "../test-ledger.ts";

const DAYS_BEFORE = 6;
/** How many writes of a run it is killed before. */
const PLACES = 10;
let months: TwoMonths;
/** The lake before the day's exports were ingested. */
let before: FsStore;
let whole: { copies: Record<string, string>; tables: Record<string, string>; writes: number };

/** An archive of a few days; of what there is the next daily job reduces some, purges some, and seals all. */
beforeAll(async () => {
  months = new TwoMonths([rule("records", "3 days", { callerType: "tag" }), rule("bodies", "2 days")]);
  await liveThrough(months, DAYS_BEFORE);
  months.now = new Date(`${day(DAYS_BEFORE)}T23:30:00Z`);
  for (const gateway of months.gateways) gateway.export(day(DAYS_BEFORE), gateway.record(day(DAYS_BEFORE), callersOn(DAYS_BEFORE)));
  before = months.copy();
  await runOnce(months.ledger());
  const lake = months.copy();
  const { store, writes } = recordWrites(lake);
  await dailyJob(store);
  whole = { copies: await copiesOf(lake), tables: await tableDigests(lake), writes: writes.length };
}, 600_000);

afterAll(() => {
  months.end();
});

async function dailyJob(lake: ObjectStore): Promise<void> {
  await retentionArchive(months.ledger({ stores: { lake, archive: lake } }), await loadLedgerState(lake));
}

async function runAndJob(lake: ObjectStore): Promise<void> {
  await runOnce(months.ledger({ stores: { lake, archive: lake } }));
  await dailyJob(lake);
}

async function copiesOf(lake: ObjectStore): Promise<Record<string, string>> {
  return Object.fromEntries(Object.entries(await contentsOf(lake, "archive/")).filter(([key]) => kindOfArchived(key).kind === "export"));
}

/** A store of a process that dies before its n-th write, counted from 0: nothing is done any more from then on. */
function killedAt(lake: FsStore, write: number): HookedStore {
  let left = write;
  return new HookedStore(lake, (operation) => {
    const isWrite = operation === "create" || operation === "replace" || operation === "remove";
    if (left < 0 || (isWrite && left-- === 0)) throw new Error("killed");
  });
}

test("a daily job that is killed before any of its writes is finished by the next: nothing is found, nothing is lost", async () => {
  expect(whole.writes).toBeGreaterThan(15);
  for (let write = 0; write < whole.writes; write++) {
    const lake = months.copy();
    await expect(dailyJob(killedAt(lake, write)), `write ${String(write)}`).rejects.toThrow("killed");
    await dailyJob(lake);
    const what = `killed before write ${String(write)} of ${String(whole.writes)}`;
    expect((await months.verify({ archive: lake, lake })), what).toMatchObject({ findings: [], notes: [] });
    expect(await copiesOf(lake), what).toEqual(whole.copies);
    expect(await tableDigests(lake), what).toEqual(whole.tables);
    expect((await readLedgerStatus(months.ledger({ stores: { lake, archive: lake } }))).exports, what).toMatchObject({ waiting: 0, without_copy: [] });
  }
});

test("run and daily job, killed before any of their writes, come to the same as if they had not been", async () => {
  const count = months.copy(before);
  const { store, writes } = recordWrites(count);
  await runAndJob(store);
  for (let write = 0; write < writes.length; write += Math.ceil(writes.length / PLACES)) {
    const lake = months.copy(before);
    const what = `killed before ${writes[write] ?? ""}`;
    expect(await runAndJob(killedAt(lake, write)).then(() => "done", () => "killed"), what).toBe("killed");
    await runAndJob(lake);
    expect(await months.verify({ archive: lake, lake }), what).toMatchObject({ findings: [], notes: [] });
    expect(await copiesOf(lake), what).toEqual(whole.copies);
    expect(await tableDigests(lake), what).toEqual(whole.tables);
  }
});

test("sealing after days of silence, killed before any of its digests, goes on where it ended", async () => {
  const today = months.now;
  months.now = new Date(today.getTime() + 3 * 86_400_000);
  const seal = async (lake: ObjectStore): Promise<SealedArchive> => await sealArchive(months.ledger({ stores: { lake, archive: lake } }), await loadLedgerState(lake), months.now);
  const { store, writes } = recordWrites(months.copy());
  await seal(store);
  expect(writes).toHaveLength(2 * 4);
  for (let write = 0; write < writes.length; write++) {
    const lake = months.copy();
    await expect(seal(killedAt(lake, write))).rejects.toThrow("killed");
    await seal(lake);
    const { findings, gateways } = await months.verify({ archive: lake, lake });
    expect(findings, `killed before write ${String(write)}`).toEqual([]);
    expect(gateways.map(({ digests, waiting }) => ({ digests, waiting }))).toEqual([0, 1].map(() => ({ digests: DAYS_BEFORE + 4, waiting: { exports: 0, events: 0 } })));
  }
  months.now = today;
});

test("one that is killed on one day is finished on the next", async () => {
  const today = months.now;
  for (let write = 0; write < whole.writes; write += 3) {
    const lake = months.copy();
    await expect(dailyJob(killedAt(lake, write))).rejects.toThrow("killed");
    months.now = new Date(today.getTime() + 86_400_000);
    await dailyJob(lake);
    expect((await months.verify({ archive: lake, lake })), `killed before write ${String(write)}`).toMatchObject({ findings: [], notes: [] });
    months.now = today;
  }
});

import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Ledger } from "../../src/open/ledger.ts";
import { publishClose, reportForClose } from "../../src/chargeback/close-month.ts";
import { prepareClose } from "../../src/chargeback/closing/prepare-close.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { HookedStore, recordWrites } from "../hooked-store.ts";
import { writeRequests } from "../request-exports.ts";
import { exportsIn, ingestedLake, mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { close, CLOSER } from "./closing.ts";
import { contentsOf, keysOf } from "../keys-of.ts";

const TEAMS: Written = { directory: { teams: [{ name: "payments", cost_center: "CC-1", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } };

/** Where files of a close of August are, whatever its id. */
const CLOSED_FILES = "reports/2026-08/closed-";

let source: string;
let lake: FsStore;

beforeEach(async () => {
  source = temporaryFolder();
  writeRequests(
    source,
    ["2026-08", "2026-09"].flatMap((month) => [
      { by: "ann@example.com", at: `${month}-10T12:00:00Z`, dollars: 3 },
      { by: "bob@example.com", at: `${month}-20T12:00:00Z`, dollars: 5 },
    ]),
  );
  lake = await newLake();
});

/** What one run makes of the source. */
async function newLake(): Promise<FsStore> {
  return new FsStore(await ingestedLake(exportsIn(source), { name: "two teams", changes: { rules: { allocation: settingsOf(TEAMS) } } }));
}

function ledger(changes: LedgerChanges = {}): Ledger {
  return testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf(TEAMS) } }, changes);
}

describe("closing a month", () => {
  test("writes what was reported into a folder of its own, create-only, and the record last", async () => {
    const { store, writes } = recordWrites(lake);
    const { record, isNew } = await close(ledger({ stores: { lake: store } }), "2026-08");
    expect(isNew).toBe(true);
    const creates = writes.filter((write) => write.startsWith("create "));
    expect(creates.toSorted()).toEqual([...record.files.map(({ key }) => `create ${key}`), `create ${layout.close("2026-08")}`].toSorted());
    expect(writes.at(-1)).toBe(creates.at(-1));
    expect(record.files.map(({ name }) => name)).toEqual(expect.arrayContaining(["chargeback.html", "chargeback.csv", "teams.csv", "chargeback.json", "focus.csv", "teams/payments/chargeback.html", "allocations.parquet", "settings.json"]));
    await reportMonth(ledger(), "2026-08");
    for (const { name, key, report } of record.files.filter((file) => file.report)) {
      expect(report).toBe(true);
      expect(await lake.read(key)).toEqual(await lake.read(layout.report("2026-08", name)));
    }
    expect(record).toMatchObject({
      month: "2026-08",
      timezone: "UTC",
      closed_at: CLOSER.now.toISOString(),
      closed_by: CLOSER.by,
      totals: { owed_usd: "8.000000000", teams: [{ team: "web", owed_usd: "5.000000000" }, { team: "payments", cost_center: "CC-1", owed_usd: "3.000000000" }, { team: "(unallocated)" }] },
      corrections: null,
    });
    expect(record.inputs.map(({ date, exports }) => [date, exports.length])).toEqual([["2026-08-10", 1], ["2026-08-20", 1]]);
  });

  test("twice closes once, and writes nothing the second time", async () => {
    const first = await close(ledger(), "2026-08");
    const { store, writes } = recordWrites(lake);
    expect(await close(ledger({ stores: { lake: store } }), "2026-08", { by: "somebody else", now: CLOSER.now })).toEqual({ record: first.record, isNew: false });
    expect(writes).toEqual([]);
  });

  test("is refused for a month that is not over in its time zone", async () => {
    const inLosAngeles = ledger({ rules: { allocation: settingsOf({ ...TEAMS, timezone: "America/Los_Angeles" }) } });
    const now = new Date("2026-09-01T06:59:59Z");
    await expect(close(inLosAngeles, "2026-08", { by: "x", now })).rejects.toMatchObject({ code: "close_refused", message: expect.stringContaining("2026-09-01T07:00:00.000Z") as string });
    expect((await close(ledger(), "2026-08", { by: "x", now })).isNew).toBe(true);
  });

  test("is refused while an earlier month with usage is open", async () => {
    await expect(close(ledger(), "2026-09")).rejects.toMatchObject({ code: "close_refused", message: expect.stringContaining("2026-08 has usage and is open") as string });
    await close(ledger(), "2026-08");
    expect((await close(ledger(), "2026-09")).isNew).toBe(true);
  });

  test("is refused while days are not built", async () => {
    mayBeIncoherent("a day is taken away");
    await lake.remove(layout.usage("2026-08-10", "prod"));
    await expect(close(ledger(), "2026-08")).rejects.toMatchObject({ code: "close_refused", message: expect.stringContaining("2026-08-10 of prod") as string });
    expect(await lake.head(layout.close("2026-08"))).toBeUndefined();
  });

  test("while somebody else writes what it reads says that nothing is closed yet", async () => {
    const moving = new HookedStore(lake, (operation, key) => {
      if (operation === "download" && key.startsWith("usage/")) throw new LedgerError("object_changed", "replaced", { remedy: "list again" });
    });
    await expect(close(ledger({ stores: { lake: moving } }), "2026-08")).rejects.toMatchObject({ code: "object_changed", remedy: expect.stringContaining("a run may be at work") as string });
    expect(await lake.head(layout.close("2026-08"))).toBeUndefined();
  });

  test("that was killed after any of its writes is repeated to the same bytes", async () => {
    const prepared = await prepareClose(await reportForClose(ledger(), boundMonth("2026-08", "UTC"), []), CLOSER);
    const { files, copies, record } = prepared;
    for (let killed = 0; killed <= files.length + copies.length; killed++) {
      const place = new FsStore(temporaryFolder());
      for (const { from } of copies) await place.create(from, await lake.read(from));
      await expect(publishClose(killedAfter(killed, place), prepared)).rejects.toThrow("killed");
      expect(await place.head(layout.close("2026-08"))).toBeUndefined();
      expect(await publishClose(place, prepared)).toEqual({ record, isNew: true });
      for (const { key, bytes } of files) expect(Buffer.from(await place.read(key)).equals(bytes)).toBe(true);
      for (const { from, key } of copies) expect(Buffer.from(await place.read(key)).equals(await lake.read(from))).toBe(true);
    }
  });

  test("that was killed is made anew by whoever closes the month again: the same files under the same keys", async () => {
    await expect(close(ledger({ stores: { lake: killedAfter(3, lake) } }), "2026-08")).rejects.toThrow("killed");
    // What was begun before it may end after it.
    await vi.waitFor(async () => expect(await keysOf(lake, CLOSED_FILES)).toHaveLength(3), { timeout: 60_000 });
    const written = await keysOf(lake, CLOSED_FILES);
    const { record, isNew } = await close(ledger(), "2026-08", { by: "somebody else", now: CLOSER.now });
    expect(isNew).toBe(true);
    expect(record.files.map(({ key }) => key)).toEqual(expect.arrayContaining(written));
    expect((await keysOf(lake, CLOSED_FILES)).toSorted()).toEqual(record.files.map(({ key }) => key).toSorted());
  });

  test("that was killed among the files that say who closed it leaves those behind, and no record names them", async () => {
    const figures = (await close(ledger({ stores: { lake: await newLake() } }), "2026-08")).record.files.filter((file) => file.says_close === undefined).length;
    await expect(close(ledger({ stores: { lake: killedAfter(figures + 3, lake) } }), "2026-08")).rejects.toThrow("killed");
    await vi.waitFor(async () => expect(await keysOf(lake, CLOSED_FILES)).toHaveLength(figures + 3), { timeout: 60_000 });
    const written = await keysOf(lake, CLOSED_FILES);
    const { record } = await close(ledger(), "2026-08", { by: "somebody else", now: CLOSER.now });
    const named = record.files.map(({ key }) => key);
    const left = written.filter((key) => !named.includes(key));
    expect(left.every((key) => key.includes("/said-"))).toBe(true);
    expect(left.length).toBeGreaterThan(0);
    expect((await keysOf(lake, CLOSED_FILES)).toSorted()).toEqual([...named, ...left].toSorted());
  });

  test("has the same id and the same figures whoever closes it and when; only the files that say so differ", async () => {
    const { record: one } = await close(ledger(), "2026-08");
    const again = await newLake();
    const { record: other } = await close(ledger({ stores: { lake: again, archive: again } }), "2026-08", { by: "somebody else", now: new Date("2027-07-01T10:00:00Z") });
    expect(other.id).toBe(one.id);
    const differing = other.files.filter(({ key, sha256 }) => one.files.every((file) => file.key !== key || file.sha256 !== sha256));
    expect(differing.map(({ name }) => name).toSorted()).toEqual(other.files.filter((file) => file.says_close).map(({ name }) => name).toSorted());
    expect(differing.map(({ name }) => name)).toEqual(expect.arrayContaining(["chargeback.html", "chargeback.json", "journal.csv", "summary.csv", "teams.csv", "chargeback.xlsx", "teams/payments/chargeback.html"]));
  });

  test("by two at once is done by one of them", async () => {
    const results = await Promise.all(["one", "other"].map((by) => close(ledger(), "2026-08", { by, now: CLOSER.now })));
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(results[0]!.record).toEqual(results[1]!.record);
  });
});

describe("a closed month", () => {
  test("is served as it was closed, whatever changes, and lost or altered files come back", async () => {
    await close(ledger(), "2026-08");
    await reportMonth(ledger(), "2026-08");
    const before = await contentsOf(lake, "reports/2026-08/");
    writeRequests(source, [{ by: "bob@example.com", at: "2026-08-12T12:00:00Z", dollars: 40 }]);
    const changed = ledger({ rules: { allocation: settingsOf({ directory: { teams: [{ name: "all", members: ["*"] }] } }) } });
    await runOnce(changed);
    await lake.replace(layout.report("2026-08", "chargeback.html"), Buffer.from("altered"));
    await lake.remove(layout.report("2026-08", "teams.csv"));
    const served = await reportMonth(changed, "2026-08");
    expect(served).toMatchObject({ closed: { record: { closed_by: CLOSER.by } } });
    expect("closed" in served ? served.closed.written.toSorted() : []).toEqual(["chargeback.html", "teams.csv"].map((file) => layout.report("2026-08", file)));
    expect(await contentsOf(lake, "reports/2026-08/")).toEqual(before);
    expect(await reportMonth(changed, "2026-08")).toMatchObject({ closed: { written: [] } });
  });

  test("whose closed copy was altered is an error that names it", async () => {
    mayBeIncoherent("a closed file is altered");
    const { record } = await close(ledger(), "2026-08");
    const { key } = record.files.find(({ name }) => name === "teams.csv")!;
    await lake.replace(key, Buffer.from("altered"));
    await expect(reportMonth(ledger(), "2026-08")).rejects.toMatchObject({ code: "closed_file_altered", message: expect.stringContaining(key) as string });
  });

  test("whose table was lost or altered gets it back from its close", async () => {
    await close(ledger(), "2026-08");
    const before = await contentsOf(lake, layout.allocations("2026-08"));
    const moved = ledger({ rules: { allocation: settingsOf({ directory: { teams: [{ name: "all", members: ["*"] }] } }) } });
    for (const lose of [() => lake.remove(layout.allocations("2026-08")), () => lake.remove(layout.allocationManifest("2026-08")), () => lake.replace(layout.allocations("2026-08"), Buffer.from("x"))]) {
      await lose();
      await runOnce(moved);
      expect(await contentsOf(lake, layout.allocations("2026-08"))).toEqual(before);
    }
  });
});

/** The lake for a process that is killed after so many of the objects that a close creates. */
function killedAfter(creates: number, place: FsStore): HookedStore {
  let begun = 0;
  return new HookedStore(place, (operation) => {
    if (operation === "create" && ++begun > creates) throw new Error("killed");
  });
}

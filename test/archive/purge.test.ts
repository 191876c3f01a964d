import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PurgedArchive } from "../../src/archive/purge-archive.ts";
import type { PurgePlan } from "../../src/archive/purging/purge-plan.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { isSignatureGood } from "../../src/archive/chain/signed.ts";
import { loadDigests, loadEvents } from "../../src/archive/chain/read-document.ts";
import { archiveLayout, layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { HookedStore, recordWrites } from "../hooked-store.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { DIMENSIONS, madeOnce, mayBeIncoherent, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { LockingStore } from "./locking-store.ts";
import { addBodies, bodiesIn, callersIn, eventsOf, KEY, planAt, purgeAt, retainedLedger, rule } from "./retained-archive.ts";
import { copiesOf } from "../archived-copies.ts";
import { contentsOf, keysOf } from "../keys-of.ts";
import { sealCopies } from "./sealed-at-once.ts";
import { changeLedger, type LedgerChanges } from "../change-ledger.ts";

const REQUESTS: Asked[] = [
  { by: "ann@example.com", at: "2026-10-05T08:00:00Z" },
  { by: "bob@example.com", at: "2026-10-05T09:00:00Z" },
  { by: "tag:ci", at: "2026-10-05T10:00:00Z" },
  { by: "bob@example.com", at: "2026-10-06T09:00:00Z" },
  { by: "ann@example.com", at: "2026-10-20T09:00:00Z" },
];
const NOW = new Date("2026-11-08T00:00:00Z");
const MONTH = [rule("records", "1 month")];
const WEB = { ...NO_TEAMS, teams: [{ name: "web", members: ["ann@example.com"] }] };

const plan = async (ledger: Ledger, now = NOW): Promise<PurgePlan> => await planAt(ledger, now);
const purge = async (ledger: Ledger, now = NOW): Promise<PurgedArchive> => await purgeAt(ledger, now);

describe("what has expired", () => {
  test("goes, and a signed tombstone says what, by which rule, by whom and what came before", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const [first = "", second = "", third = ""] = await copiesOf(ledger.stores.archive);
    const receipt = archiveLayout.receipt(first);
    await ledger.stores.archive.create(receipt, Buffer.from("{}"));
    const before = await contentsOf(ledger.stores.archive, "archive/");
    expect(await purge(ledger)).toMatchObject({ purged: 2, reduced: 0, left: [] });

    expect(await copiesOf(ledger.stores.archive)).toEqual([third]);
    expect(await ledger.stores.archive.head(receipt)).toBeDefined();
    const [tombstone] = await eventsOf(ledger.stores.archive, "purge");
    const [digest] = await loadDigests(ledger.stores.archive, "prod");
    expect(tombstone).toMatchObject({ rule: "content: records, keep: 1 month", by: "kim@example.com", head: digest!.sha256 });
    expect(tombstone!.objects.map(({ key, sha256 }) => [key, sha256])).toEqual([[first, before[first]], [second, before[second]]]);
    const [stored] = await loadEvents(ledger.stores.archive, "prod");
    expect([isSignatureGood(stored!.document), stored!.document.key]).toEqual([true, KEY.publicKey]);
  });

  test("does not come back from its source, and is missed nowhere", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const tables = await tableDigests(ledger.stores.lake);
    await purge(ledger);
    const { store, writes } = recordWrites(ledger.stores.archive);
    expect(readdirSync(ledger.source)).toHaveLength(3);
    expect(await runOnce(changeLedger(ledger, { stores: { archive: store } }))).toMatchObject({ exports: { seen: 3, ingested: 0, skipped: 3 } });
    expect(writes).toEqual([]);
    expect(await tableDigests(ledger.stores.lake)).toEqual(tables);
    const { exports } = await readLedgerStatus(ledger);
    expect(exports).toMatchObject({ without_copy: [], waiting: 0, stale: 0 });
    // Under another ETag, as an object has that was copied to another bucket.
    writeRequests(ledger.source, REQUESTS);
    await runOnce(ledger);
    expect(await copiesOf(ledger.stores.archive)).toHaveLength(1);
    expect(await tableDigests(ledger.stores.lake)).toEqual(tables);
  });

  test("is not read again under other settings: its rows stay as they are", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const rows = await tableDigests(ledger.stores.lake, ["usage/date=2026-10-05/"]);
    await purge(ledger);
    const changed = changeLedger(ledger, { rules: { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map([...DIMENSIONS, ["other", "X-Other"]]) }) } });
    expect((await runOnce(changed)).exports.ingested).toBe(1);
    expect(await tableDigests(ledger.stores.lake, ["usage/date=2026-10-05/"])).toEqual(rows);
  });

  test("takes with it what of it was quarantined; how much that was is still known", async () => {
    const ledger = await retainedLedger([REQUESTS[0]!, { by: "bob@example.com", at: "2026-10-05Tnever" }], MONTH);
    expect(await keysOf(ledger.stores.lake, "quarantine/")).toHaveLength(1);
    await purge(ledger);
    expect(await keysOf(ledger.stores.lake, "quarantine/")).toEqual([]);
    expect((await runOnce(ledger)).records).toMatchObject({ accepted: 1, quarantined: 1 });
  });

  test("is only told of at first: nothing is written", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const [lake, archive] = [recordWrites(ledger.stores.lake), recordWrites(ledger.stores.archive)];
    const planned = await plan(changeLedger(ledger, { stores: { lake: lake.store, archive: archive.store } }));
    expect(planned.purges.map(({ key, rule: why }) => [key, why])).toEqual((await copiesOf(ledger.stores.archive)).slice(0, 2).map((key) => [key, "content: records, keep: 1 month"]));
    expect([lake.writes, archive.writes]).toEqual([[], []]);
  });

  test("stays until a digest lists it", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH, { sealed: false });
    expect((await purge(ledger)).purged).toBe(0);
    expect((await plan(ledger)).keptBack.map(({ why }) => why)).toEqual(Array(2).fill("no digest lists it yet: aperture-ledger archive seal"));
    await sealCopies(ledger.stores.archive, KEY, "2026-11-07");
    expect((await purge(ledger)).purged).toBe(2);
  });

  test("stays where nothing can be signed", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const { store, writes } = recordWrites(ledger.stores.archive);
    const unsigned = changeLedger(ledger, { stores: { archive: store }, work: { archiving: { ...ledger.work.archiving, signingKey: undefined } } });
    await expect(purge(unsigned)).rejects.toMatchObject({ code: "key_missing" });
    expect(writes).toEqual([]);
  });

  test("stays where it is not what the digests say: that is for verify to tell", async () => {
    mayBeIncoherent("a copy is altered");
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const [first = ""] = await copiesOf(ledger.stores.archive);
    await ledger.stores.archive.replace(first, Buffer.from("something else"));
    expect(await plan(ledger)).toMatchObject({ purges: [{}], keptBack: [{ key: first, why: expect.stringMatching(/verify/) as string }] });
  });

  test("stays while it is locked", async () => {
    const now = new Date(NOW);
    const archive = new LockingStore(new FsStore(temporaryFolder()), () => now);
    const ledger = await retainedLedger(REQUESTS, MONTH, { changes: { stores: { archive } } });
    const [first = "", second = ""] = await copiesOf(archive);
    archive.protections.set(first, { retention: { mode: "COMPLIANCE", until: new Date("2026-11-09T00:00:00Z") }, legalHold: false });
    archive.protections.set(second, { retention: undefined, legalHold: true });
    expect((await plan(ledger)).keptBack).toMatchObject([
      { key: first, why: "locked until 2026-11-09T00:00:00.000Z" },
      { key: second, why: "on hold: the store has a legal hold on it" },
    ]);
    expect((await purge(ledger)).purged).toBe(0);
    archive.protections.set(second, { retention: undefined, legalHold: false });
    now.setTime(Date.parse("2026-11-09T00:00:00Z"));
    expect((await purge(ledger, now)).purged).toBe(2);
    expect(archive.told).toEqual([`erase ${first}`, `erase ${second}`]);
  });
});

describe("where only some of it has expired", () => {
  const TEAM = [rule("records", "7 days", { teams: ["web"] })];

  test("the copy is written anew without that; what was derived from it stays", async () => {
    const ledger = await retainedLedger(REQUESTS, TEAM, { changes: { rules: { allocation: WEB } } });
    const [first = "", second = "", third = ""] = await copiesOf(ledger.stores.archive);
    const before = await contentsOf(ledger.stores.archive, "archive/prod/2026/");
    const tables = await tableDigests(ledger.stores.lake);
    expect(await purge(ledger)).toMatchObject({ reduced: 1, purged: 1 });

    expect(await callersIn(ledger.stores.archive, first)).toEqual(["bob@example.com", "tag:ci"]);
    expect(await copiesOf(ledger.stores.archive)).toEqual([first, second]);
    const after = await contentsOf(ledger.stores.archive, "archive/prod/2026/");
    const [event] = await eventsOf(ledger.stores.archive, "reduction");
    expect(event).toMatchObject({
      rule: "content: records, keep: 7 days, teams: [web]",
      objects: [{ key: first, before: { sha256: before[first] }, after: { sha256: after[first] }, records_removed: 1 }],
    });
    expect((await eventsOf(ledger.stores.archive, "purge"))[0]!.objects.map(({ key }) => key)).toEqual([third]);

    const changed = changeLedger(ledger, { rules: { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map([["other", "X-Other"]]) }) } });
    // Only the untouched copy is read under other settings.
    expect((await runOnce(changed)).exports.ingested).toBe(1);
    expect(await tableDigests(ledger.stores.lake, ["usage/date=2026-10-05/", "usage/date=2026-10-20/"])).toEqual(
      Object.fromEntries(Object.entries(tables).filter(([key]) => /^usage\/date=2026-10-(05|20)\//.test(key))),
    );
    expect(await purge(ledger)).toMatchObject({ reduced: 0, purged: 0 });
  });

  test("bodies go by a rule of their own, once; the copy is still read under other settings", async () => {
    const source = temporaryFolder();
    writeRequests(source, REQUESTS);
    addBodies(source, readdirSync(source));
    const archiving = { ...PLAIN_ARCHIVE, signingKey: KEY, retention: [rule("bodies", "30 days")] };
    const ledger = testLedger(new FsStore(source), new FsStore(temporaryFolder()), { work: { archiving } });
    await runOnce(ledger);
    await sealCopies(ledger.stores.archive, KEY, "2026-10-31");
    const [first = "", , third = ""] = await copiesOf(ledger.stores.archive);
    expect(await purge(ledger)).toMatchObject({ reduced: 2, purged: 0 });
    expect(await bodiesIn(ledger.stores.archive, first)).toEqual([]);
    expect(await bodiesIn(ledger.stores.archive, third)).toHaveLength(1);
    expect((await eventsOf(ledger.stores.archive, "reduction"))[0]!.objects.map((object) => object.bodies_removed)).toEqual([3, 1]);
    expect(await plan(ledger)).toMatchObject({ reductions: [], purges: [], keptBack: [] });

    const { totals } = await runOnce(ledger);
    const changed = changeLedger(ledger, { rules: { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map([["other", "X-Other"]]) }) } });
    const summary = await runOnce(changed);
    expect(summary.exports.ingested).toBe(3);
    expect(summary.totals).toEqual(totals);
    // What left the copies does not come back from the source, whatever ETag it has there.
    for (const name of readdirSync(source)) await new FsStore(source).replace(name, await new FsStore(source).read(name));
    await runOnce(changed);
    expect(await bodiesIn(ledger.stores.archive, first)).toEqual([]);
    expect(await copiesOf(ledger.stores.archive)).toHaveLength(3);
  });

  test.each([["2 months", new Date("2026-12-06T00:59:59Z")], ["30 days", undefined]])("the new copy is locked for what is left of %s", async (retain, until) => {
    const archive = new LockingStore(new FsStore(temporaryFolder()), () => NOW);
    const ledger = await retainedLedger(REQUESTS, TEAM, { changes: { rules: { allocation: WEB }, stores: { archive } } });
    const [first = ""] = await copiesOf(archive);
    await purge(changeLedger(ledger, { work: { archiving: { ...ledger.work.archiving, lock: { mode: "GOVERNANCE", retain: rule("records", retain).keep } } } }));
    expect(archive.protections.get(first)?.retention?.until).toEqual(until);
    expect(archive.told).toContain(`erase earlier ${first}`);
  });

  test("what was put aside and never told of does not lie there for ever", async () => {
    const ledger = await retainedLedger(REQUESTS, MONTH);
    const staged = layout.stagedCopy("archive/prod/2026/10/01/x.cbor.zstd");
    await ledger.stores.lake.create(staged, Buffer.from("what was said"));
    const { lastModified } = (await ledger.stores.lake.head(staged))!;
    await purge(ledger, new Date(lastModified.getTime() + 3_600_000));
    expect(await ledger.stores.lake.head(staged)).toBeDefined();
    await purge(ledger, new Date(lastModified.getTime() + 2 * 86_400_000));
    expect(await ledger.stores.lake.head(staged)).toBeUndefined();
  });

  test("a damaged copy is not written anew, which would lose what lies behind the damage; it goes as a whole", async () => {
    const source = temporaryFolder();
    writeRequests(source, REQUESTS.slice(0, 3));
    const [name = ""] = readdirSync(source);
    const whole = readFileSync(join(source, name));
    writeFileSync(join(source, name), whole.subarray(0, whole.byteLength - 20));
    const archiving = { ...PLAIN_ARCHIVE, signingKey: KEY, retention: [rule("bodies", "7 days"), rule("records", "2 months")] };
    const ledger = testLedger(new FsStore(source), new FsStore(temporaryFolder()), { work: { archiving } });
    await runOnce(ledger);
    await sealCopies(ledger.stores.archive, KEY, "2026-10-31");
    expect(await plan(ledger)).toMatchObject({ purges: [], reductions: [], keptBack: [{ why: expect.stringMatching(/damaged/) as string }] });
    expect((await plan(ledger, new Date("2026-12-07T00:00:00Z"))).purges).toHaveLength(1);
  });
});

describe("a purge that is killed after any write", () => {
  const RULES = [rule("records", "7 days", { teams: ["web"] }), rule("records", "1 month", { callerType: "tag" }), rule("bodies", "20 days")];
  const CASE: Asked[] = [...REQUESTS, { by: "tag:ci", at: "2026-10-07T09:00:00Z" }];
  const changesIn = (folder: string): LedgerChanges => ({ stores: { archive: new FsStore(join(folder, "archive")) }, rules: { allocation: WEB }, work: { archiving: { ...PLAIN_ARCHIVE, signingKey: KEY, retention: RULES } } });
  const retained = async (folder: string, changes = changesIn(folder)) => await retainedLedger(CASE, RULES, { changes: { ...changes, stores: { lake: new FsStore(join(folder, "lake")), ...changes.stores } } });
  const made = madeOnce(async (folder) => cpSync((await retained(folder)).source, join(folder, "source"), { recursive: true }));
  const open = async (): Promise<Ledger> => {
    const folder = await made();
    const ledger = testLedger(new FsStore(join(folder, "source")), new FsStore(join(folder, "lake")), changesIn(folder));
    await runOnce(ledger); // Copied files have other ETags, which this run notes.
    return ledger;
  };

  /** Counts what is written to both stores, and dies after some of it. */
  function dying(ledger: Ledger, after: number): Ledger {
    let writes = 0;
    const hook = (operation: string): void => {
      if (["create", "replace", "remove"].includes(operation) && writes++ >= after) throw new Error("killed");
    };
    return changeLedger(ledger, { stores: { lake: new HookedStore(ledger.stores.lake, hook), archive: new HookedStore(ledger.stores.archive, hook) } });
  }

  test("is finished by the next one, and declares nothing twice", async () => {
    const whole = await open();
    await purge(whole);
    const expected = await contentsOf(whole.stores.archive, "archive/prod/2026/");
    for (let after = 0, survived = false; !survived; after++) {
      const ledger = await open();
      survived = await purge(dying(ledger, after)).then(() => true, (error: Error) => {
        expect(error.message).toBe("killed");
        return false;
      });
      // Whatever is half done, a pull does not take it from the source again.
      expect((await runOnce(ledger)).exports.ingested).toBe(0);
      await purge(ledger, new Date("2026-11-08T00:00:01Z"));
      expect(await contentsOf(ledger.stores.archive, "archive/prod/2026/")).toEqual(expected);
      expect(await keysOf(ledger.stores.lake, "_ledger/reductions/")).toEqual([]);
      const declared = [...(await eventsOf(ledger.stores.archive, "purge")), ...(await eventsOf(ledger.stores.archive, "reduction"))].flatMap(({ objects }) => objects.map(({ key }) => key));
      expect(declared.toSorted()).toEqual([...new Set(declared)].toSorted());
      expect(await plan(ledger)).toMatchObject({ purges: [], reductions: [], unfinished: [], keptBack: [] });
    }
  });
});

describe("the daily job", () => {
  test("only says what has expired, unless it is told to apply", async () => {
    const ledger = changeLedger(await retainedLedger(REQUESTS, MONTH), { work: { clock: () => NOW } });
    expect(await retentionArchive(ledger, await loadLedgerState(ledger.stores.lake))).toMatchObject({ retention: { applied: false, purged: 2, reduced: 0, kept_back: 0 } });
    expect(await copiesOf(ledger.stores.archive)).toHaveLength(3);
    const applying: Ledger = changeLedger(ledger, { work: { archiving: { ...ledger.work.archiving, purge: "apply" } } });
    expect(await retentionArchive(applying, await loadLedgerState(ledger.stores.lake))).toMatchObject({ without_copy: [], retention: { applied: true, purged: 2 } });
    expect(await copiesOf(ledger.stores.archive)).toHaveLength(1);
    expect((await eventsOf(ledger.stores.archive, "purge"))[0]!.by).toBe("retention-archive");
  });
});

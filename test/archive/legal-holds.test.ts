import { describe, expect, test } from "vitest";
import { addHold } from "../../src/archive/add-hold.ts";
import { normaliseCaller, type HoldChange, markHeldCopies, listHolds, releaseHold } from "../../src/archive/legal-holds.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "../../src/archive/purge-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { Selection } from "../../src/archive/chain/event.ts";
import { isSignatureGood } from "../../src/archive/chain/signed.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { holdId } from "../../src/archive/retention/hold.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { HookedStore, recordWrites } from "../hooked-store.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder } from "../test-ledger.ts";
import { LockingStore } from "./locking-store.ts";
import { eventsOf, KEY, retainedLedger, rule } from "./retained-archive.ts";
import { copiesOf } from "../archived-copies.ts";
import { sealCopies } from "./sealed-at-once.ts";
import { changeLedger, type LedgerChanges } from "../change-ledger.ts";

const ALL: Selection = { instance: null, caller: null, session: null, from: null, to: null };
const ANN: Selection = { ...ALL, caller: "ann@example.com" };
const NOW = new Date("2026-12-08T00:00:00Z");
const REQUESTS: Asked[] = [
  { by: "Ann@example.com", at: "2026-10-05T08:00:00Z", session: "s1" },
  { by: "bob@example.com", at: "2026-10-05T09:00:00Z", session: "s2" },
  { by: "bob@example.com", at: "2026-10-06T09:00:00Z", session: "s3" },
  { by: "ann@example.com", at: "2026-10-07T09:00:00Z", session: "s4" },
];

async function open(changes: LedgerChanges = {}): Promise<Ledger & { source: string }> {
  return await retainedLedger(REQUESTS, [rule("records", "1 month")], { changes });
}

async function hold(ledger: Ledger, selection: Selection, at = "2026-11-01T00:00:00.000Z"): Promise<string> {
  const wish = { selection, reason: "case 7", by: "kim@example.com", at };
  return finish(await addHold(ledger, { id: holdId(wish), ...wish })).id;
}

async function release(ledger: Ledger, id: string, at = "2026-12-01T00:00:00.000Z"): Promise<void> {
  finish(await releaseHold(ledger, { id, reason: "case closed", by: "lee@example.com", at }));
}

/** A change that was recorded and did not come to its end throws what ended it. */
function finish(change: HoldChange): HoldChange {
  if (change.failed instanceof Error) throw change.failed;
  return change;
}

async function purge(ledger: Ledger): Promise<PurgedArchive> {
  const state = await loadLedgerState(ledger.stores.lake);
  return await purgeArchive(ledger, state, await planPurge(ledger, state, NOW), { by: "kim@example.com", now: NOW });
}

/** Days of the copies that are left after a purge of everything that may go. */
async function daysLeft(ledger: Ledger): Promise<string[]> {
  await purge(ledger);
  return (await copiesOf(ledger.stores.archive)).map((key) => key.split("/").slice(2, 5).join("-")).toSorted();
}

describe("a hold keeps what has expired", () => {
  test.each<[string, Partial<Selection>, string[]]>([
    ["of a caller, as the gateway wrote the login", { caller: "ann@example.com" }, ["2026-10-06", "2026-10-08"]],
    ["of a session", { session: "s3" }, ["2026-10-07"]],
    ["of a gateway", { instance: "prod" }, ["2026-10-06", "2026-10-07", "2026-10-08"]],
    ["of a time, from its first moment and before its last", { from: "2026-10-05T09:00:00.000Z", to: "2026-10-07T09:00:00.000Z" }, ["2026-10-06", "2026-10-07"]],
    ["of a caller in a time", { caller: "ann@example.com", from: "2026-10-06T00:00:00.000Z" }, ["2026-10-08"]],
    ["and nothing else", { caller: "cat@example.com" }, []],
  ])("%s", async (_name, selection, days) => {
    const ledger = await open();
    const id = await hold(ledger, { ...ALL, ...selection });
    const [told] = await listHolds(ledger, await loadLedgerState(ledger.stores.lake));
    expect([told!.id, told!.copies]).toEqual([id, days.length]);
    expect(await daysLeft(ledger)).toEqual(days);
  });

  test("and the plan says by whom", async () => {
    const ledger = await open();
    const id = await hold(ledger, ANN);
    const { keptBack, purges } = await planPurge(ledger, await loadLedgerState(ledger.stores.lake), NOW);
    expect(purges).toHaveLength(1);
    expect(keptBack.map(({ why }) => why)).toEqual(Array(2).fill(`on hold by kim@example.com (${id})`));
  });

  test("also where no table tells of it: the copy itself is read", async () => {
    mayBeIncoherent("a table is taken away");
    const ledger = await open();
    await hold(ledger, ANN);
    // As if the day's tables and landing files were another caller's.
    for await (const { key } of ledger.stores.lake.list("usage/")) await ledger.stores.lake.remove(key);
    for await (const { key } of ledger.stores.lake.list("landing/")) await ledger.stores.lake.remove(key);
    expect(await daysLeft(ledger)).toEqual(["2026-10-06", "2026-10-08"]);
  });

  test("also what nobody could read, which may be anybody's", async () => {
    const ledger = await retainedLedger([{ by: "bob@example.com", at: "2026-10-05T08:00:00Z" }, { by: "bob@example.com", at: "2026-10-05Tnever" }], [rule("records", "1 month")]);
    await hold(ledger, ANN);
    expect(await daysLeft(ledger)).toEqual(["2026-10-06"]);
  });

  test("until it is released, and no other hold is about it", async () => {
    const ledger = await open();
    const [ann, all] = [await hold(ledger, ANN), await hold(ledger, { ...ALL, instance: "prod" }, "2026-11-02T00:00:00.000Z")];
    await release(ledger, all);
    expect(await daysLeft(ledger)).toEqual(["2026-10-06", "2026-10-08"]);
    await release(ledger, ann, "2026-12-02T00:00:00.000Z");
    expect(await daysLeft(ledger)).toEqual([]);
  });

  test("that somebody else pretends to have released", async () => {
    const ledger = await open();
    const id = await hold(ledger, ANN);
    const header = { format: 1, kind: "release", id, instance: "prod", at: "2026-12-01T00:00:00.000Z", by: "eve@example.com", hold: id, reason: "none" };
    await ledger.stores.archive.create(`archive/prod/_events/20261201-release-${id}.json`, canonicalBytes({ header, key: null, signature: null }));
    expect(await daysLeft(ledger)).toEqual(["2026-10-06", "2026-10-08"]);
  });

  test("that came after the plan: nothing goes", async () => {
    const ledger = await open();
    const state = await loadLedgerState(ledger.stores.lake);
    const plan = await planPurge(ledger, state, NOW);
    await hold(ledger, ANN);
    await expect(purgeArchive(ledger, state, plan, { by: "kim", now: NOW })).rejects.toMatchObject({ code: "archive_conflict", retryable: true });
    expect(await copiesOf(ledger.stores.archive)).toHaveLength(3);
  });

  test("also from a purge that was declared and not done", async () => {
    mayBeIncoherent("a copy stays that was declared purged");
    const ledger = await open();
    const dying = new HookedStore(ledger.stores.archive, (operation, key) => {
      if (operation === "remove" && key.includes("/10/06/")) throw new Error("killed");
    });
    await expect(purge(changeLedger(ledger, { stores: { archive: dying } }))).rejects.toThrow("killed");
    await hold(ledger, ANN);
    expect(await daysLeft(ledger)).toEqual(["2026-10-06", "2026-10-08"]);
  });
});

describe("the chain tells", () => {
  test("who did it and why, signed, of the hold and of its release", async () => {
    const ledger = await open();
    const id = await hold(ledger, ANN);
    await release(ledger, id);
    expect(await eventsOf(ledger.stores.archive, "hold")).toMatchObject([{ hold: id, by: "kim@example.com", reason: "case 7", selection: ANN }]);
    expect(await eventsOf(ledger.stores.archive, "release")).toMatchObject([{ hold: id, by: "lee@example.com", reason: "case closed" }]);
    expect((await loadEvents(ledger.stores.archive, "prod")).map(({ document }) => isSignatureGood(document))).toEqual([true, true]);
    const [told] = await listHolds(ledger, await loadLedgerState(ledger.stores.lake));
    expect(told).toMatchObject({ copies: 2, released: { by: "lee@example.com", reason: "case closed" } });
  });

  test("in every gateway's chain that there is, or only in the one that is meant", async () => {
    mayBeIncoherent("a copy is put there by hand");
    const ledger = await open();
    await ledger.stores.archive.create("archive/lab/2026/10/01/1.cbor.zstd", Buffer.from("x"));
    await hold(ledger, ANN);
    await hold(ledger, { ...ALL, instance: "lab" });
    expect([(await eventsOf(ledger.stores.archive, "hold")).length, (await eventsOf(ledger.stores.archive, "hold", "lab")).length]).toEqual([1, 2]);
    await expect(hold(ledger, { ...ALL, instance: "nope" })).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("nope") as string });
  });

  test("nothing where nothing can be signed, and of no hold that there is not", async () => {
    const ledger = await open();
    const { store, writes } = recordWrites(ledger.stores.archive);
    const unsigned = changeLedger(ledger, { stores: { archive: store }, work: { archiving: { ...ledger.work.archiving, signingKey: undefined } } });
    await expect(hold(unsigned, ANN)).rejects.toMatchObject({ code: "key_missing" });
    await expect(release(changeLedger(ledger, { stores: { archive: store } }), "nope")).rejects.toMatchObject({ code: "hold_unknown" });
    expect(writes).toEqual([]);
  });

  test("a release that was killed half way still holds; repeated it ends", async () => {
    mayBeIncoherent("a copy is put there by hand");
    const ledger = await open();
    await ledger.stores.archive.create("archive/lab/2026/10/01/1.cbor.zstd", Buffer.from("x"));
    const id = await hold(ledger, ANN);
    const dying = new HookedStore(ledger.stores.archive, (operation, key) => {
      if (operation === "create" && key.startsWith("archive/prod/")) throw new Error("killed");
    });
    await expect(release(changeLedger(ledger, { stores: { archive: dying } }), id)).rejects.toThrow("killed");
    expect(await daysLeft(ledger)).toEqual(["2026-10-06", "2026-10-08", "2026-10-01"].toSorted());
    await release(ledger, id, "2026-12-02T00:00:00.000Z");
    expect((await eventsOf(ledger.stores.archive, "release", "lab")).length).toBe(1);
    expect(await daysLeft(ledger)).toEqual(["2026-10-01"]);
  });
});

describe("where the store can hold objects itself", () => {
  const openLocking = async (): Promise<{ ledger: Ledger & { source: string }; archive: LockingStore; held: () => string[] }> => {
    const archive = new LockingStore(new FsStore(temporaryFolder()), () => NOW);
    const held = (): string[] => [...archive.protections].flatMap(([key, { legalHold }]) => (legalHold ? [key.split("/").slice(2, 5).join("-")] : [])).toSorted();
    return { ledger: await open({ stores: { archive } }), archive, held };
  };

  test("each copy's own legal hold is set, and taken off where no other hold is about it", async () => {
    const { ledger, held } = await openLocking();
    const ann = await hold(ledger, ANN);
    expect(held()).toEqual(["2026-10-06", "2026-10-08"]);
    const session = await hold(ledger, { ...ALL, session: "s2" }, "2026-11-02T00:00:00.000Z");
    await release(ledger, ann);
    expect(held()).toEqual(["2026-10-06"]);
    await release(ledger, session, "2026-12-02T00:00:00.000Z");
    expect(held()).toEqual([]);
  });

  test("verification expects exactly what is marked", async () => {
    const { ledger, archive } = await openLocking();
    writeRequests(ledger.source, [{ by: "bob@example.com", at: "2026-10-09T09:00:00Z" }, { by: "bob@example.com", at: "2026-10-09Tnever" }]);
    await runOnce(ledger);
    await sealCopies(archive, KEY, "2026-11-01");
    await hold(ledger, ANN);
    await sealCopies(archive, KEY, "2026-11-02");
    const task = { archive, lake: undefined, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: NOW, progress: { begin: () => undefined, step: () => undefined } };
    const missing = async (): Promise<string[]> => (await verifyArchive(task)).findings.flatMap(({ code, key }) => (code === "legal_hold_missing" ? [key] : []));
    expect(await missing()).toEqual([]);
    const marked = [...archive.protections].flatMap(([key, { legalHold }]) => (legalHold ? [key] : [])).toSorted();
    expect(marked).toHaveLength(3);
    for (const key of marked) await archive.locks.setLegalHold(key, false);
    expect(await missing()).toEqual(marked);
  });

  test("the daily job sets it on what came since", async () => {
    const { ledger, held } = await openLocking();
    await hold(ledger, ANN);
    writeRequests(ledger.source, [{ by: "ann@example.com", at: "2026-10-20T09:00:00Z" }]);
    await runOnce(ledger);
    await sealCopies(ledger.stores.archive, KEY, "2026-11-30");
    expect(held()).toHaveLength(2);
    await retentionArchive(ledger, await loadLedgerState(ledger.stores.lake));
    expect(held()).toEqual(["2026-10-06", "2026-10-08", "2026-10-21"]);
    expect(await markHeldCopies(ledger, await loadLedgerState(ledger.stores.lake))).toBe(3);
  });

  test("a hold that was killed before it was set is set by the daily job; the event came first", async () => {
    const { ledger, archive, held } = await openLocking();
    archive.dies = true;
    await expect(hold(ledger, ANN)).rejects.toThrow("killed");
    archive.dies = false;
    expect(held()).toEqual([]);
    expect((await purge(ledger)).purged).toBe(1);
    await retentionArchive(changeLedger(ledger, { work: { clock: () => new Date("2026-12-08T01:00:00Z") } }), await loadLedgerState(ledger.stores.lake));
    expect(held()).toEqual(["2026-10-06", "2026-10-08"]);
  });

  test("a release that was killed before it was taken off is ended by repeating it", async () => {
    const { ledger, archive, held } = await openLocking();
    const id = await hold(ledger, ANN);
    archive.dies = true;
    await expect(release(ledger, id)).rejects.toThrow("killed");
    archive.dies = false;
    expect(held()).toEqual(["2026-10-06", "2026-10-08"]);
    await release(ledger, id, "2026-12-02T00:00:00.000Z");
    expect(held()).toEqual([]);
    expect(await eventsOf(archive, "release")).toHaveLength(1);
  });
});

test("a caller is meant as usage records have it: logins without case, tags in order", () => {
  expect([normaliseCaller("Ann@Example.com"), normaliseCaller("tag:prod,tag:api")]).toEqual(["ann@example.com", "tag:api,tag:prod"]);
});

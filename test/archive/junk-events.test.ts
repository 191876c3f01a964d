import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { listHolds, releaseHold } from "../../src/archive/legal-holds.ts";
import { purgeArchive } from "../../src/archive/purge-archive.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { largestOf } from "../../src/archive/chain/document-bounds.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { rule } from "./retained-archive.ts";
import { digestsOf, KEY, seal, signingWith } from "./sealing.ts";
import { HookedStore } from "../hooked-store.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";

const AT = "2026-11-01T10:00:00.000Z";
const EVENTS = archiveLayout.events("prod");
const ALL = { instance: null, caller: null, session: null, from: null, to: null };
const NOW = new Date("2026-12-08T00:00:00Z");

/** By what it is: where it lies, and what is in it. */
const JUNK: [string, string, Uint8Array][] = [
  ["no JSON", `${EVENTS}2026-11-01T100000000Z-purge-1.json`, Buffer.from("{")],
  ["an event of no kind", `${EVENTS}2026-11-01T100000000Z-odd-1.json`, canonicalBytes({ header: { format: 1, kind: "odd" }, key: null, signature: null })],
  ["not signed", `${EVENTS}2026-11-01T100000000Z-release-1.json`, canonicalBytes({ header: { format: 1, kind: "release", id: "1", instance: "prod", at: AT, by: "tim", hold: "h1", reason: "none" }, key: null, signature: null })],
  ["of a name that no event has", `${EVENTS}notes.json`, Buffer.from('{"a":1}')],
  ["of another ending", `${EVENTS}notes.txt`, Buffer.from("hello")],
  ["in a folder", `${EVENTS}deeper/notes.json`, Buffer.from("{}")],
  ["larger than any event", `${EVENTS}2026-11-01T100000000Z-purge-2.json`, Buffer.alloc(largestOf(`${EVENTS}a.json`) + 1, "[")],
];

let folder: string;
let lake: FsStore;

beforeEach(async () => {
  mayBeIncoherent("junk lies among the events");
  folder = temporaryFolder();
  lake = new FsStore(temporaryFolder());
  writeRequests(folder, [{ by: "ann@example.com", at: "2026-10-29T12:00:00Z" }, { by: "bob@example.com", at: "2026-10-30T12:00:00Z" }]);
  await runOnce(ledger());
});

function ledger(changes: LedgerChanges = {}): Ledger {
  const { work: { archiving } } = signingWith();
  return testLedger(new FsStore(folder), lake, { work: { archiving: { ...archiving, retention: [rule("records", "1 month")], erasureKey: Buffer.alloc(32, 7) } } }, changes);
}

async function hold(caller: string | null): Promise<void> {
  await addHold(ledger(), { id: "h1", selection: { ...ALL, caller }, reason: "case 7", by: "kim@example.com", at: AT });
}

async function plan(): Promise<{ purges: string[]; why: string[] }> {
  const { purges, keptBack } = await planPurge(ledger(), await loadLedgerState(lake), NOW);
  return { purges: purges.map(({ key }) => key), why: keptBack.map((one) => one.why) };
}

const erase = async (login: string): Promise<unknown> => await eraseCaller(ledger(), { login, reason: "wished", by: "kim@example.com", apply: true }, () => "e1");

describe.each(JUNK)("what lies among the events and is %s", (_, key, bytes) => {
  test("is left aside and named, and stops neither sealing nor holds, purges, erasures and runs", async () => {
    await lake.create(key, bytes);
    await hold("bob@example.com");
    const { gateways } = await seal(ledger(), "2026-11-02");
    expect((await digestsOf(lake, "prod")).at(-1)).toMatchObject({ header: { exports: 2, events: 1 } });
    expect(gateways[0]?.left_aside).toMatchObject([{ key }]);
    const [status] = (await readLedgerStatus(ledger())).archive;
    expect(status?.left_aside.map((one) => one.key)).toEqual([key]);
    const { findings } = await verifyArchive({ archive: lake, lake: undefined, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: new Date("2026-11-02T12:00:00Z"), progress: ledger().telling.progress });
    expect(findings.map((one) => `${one.code} ${one.key}`)).toEqual([`added ${key}`]);
    expect(await plan()).toMatchObject({ purges: [expect.stringContaining("/2026/10/30/")], why: ["on hold by kim@example.com (h1)"] });
    await expect(erase("ann@example.com")).resolves.toMatchObject({ applied: true });
    await releaseHold(ledger(), { id: "h1", reason: "over", by: "kim@example.com", at: AT });
    await expect(runOnce(ledger())).resolves.toBeDefined();
  });
});

describe("junk over a valid event hides it from nobody it concerns:", () => {
  async function overwrite(kind: string, bytes = Buffer.from("junk")): Promise<string> {
    const key = (await keysOf(lake, EVENTS)).find((one) => one.includes(`-${kind}-`)) ?? "";
    await lake.replace(key, bytes);
    return key;
  }

  test("over a hold that no digest lists yet, nothing of the gateway is purged, released or erased, and the rest goes on", async () => {
    await seal(ledger(), "2026-11-01");
    await hold("bob@example.com");
    const key = await overwrite("hold");
    const { purges, why } = await plan();
    expect([purges, why.length]).toEqual([[], 2]);
    for (const reason of why) expect(reason).toContain(key);
    await expect(erase("ann@example.com")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
    expect((await listHolds(ledger(), await loadLedgerState(lake))).map(({ id, isHidden }) => [id, isHidden])).toEqual([[key, true]]);
    await expect(seal(ledger(), "2026-11-02")).resolves.toMatchObject({ gateways: [{ left_aside: [{ key }] }] });
  });

  test("over a hold that a digest lists, that gateway is not sealed and nothing of it is purged", async () => {
    await hold("bob@example.com");
    await seal(ledger(), "2026-11-01");
    const key = await overwrite("hold");
    await expect(seal(ledger(), "2026-11-02")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
    expect((await plan()).purges).toEqual([]);
  });

  test("over a tombstone that no digest lists yet, what it removed is found to be gone", async () => {
    await seal(ledger(), "2026-11-01");
    const state = await loadLedgerState(lake);
    await purgeArchive(ledger(), state, await planPurge(ledger(), state, NOW), { by: "kim@example.com", now: NOW });
    const key = await overwrite("purge");
    await seal(ledger(), "2026-12-09");
    const { findings } = await verifyArchive({ archive: lake, lake: undefined, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: new Date("2026-12-09T12:00:00Z"), progress: ledger().telling.progress });
    expect(findings.map(({ code }) => code).sort()).toEqual(["added", "deleted", "deleted"]);
    expect(findings.map((one) => one.key)).toContain(key);
  });

  test("over an erasure, nothing of its gateway is read until it is told who was erased", async () => {
    await erase("ann@example.com");
    const key = await overwrite("erasure");
    writeRequests(folder, [{ by: "ann@example.com", at: "2026-10-28T12:00:00Z" }]);
    await expect(runOnce(ledger())).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
    expect((await loadLedgerState(lake)).exports.size).toBe(2);
  });
});

test("of an object that is larger than any true one no more is read than tells so", async () => {
  const key = `${EVENTS}2026-11-01T100000000Z-purge-2.json`;
  const most = largestOf(key);
  await lake.create(key, Buffer.alloc(most + 4096, " "));
  const ranges: unknown[] = [];
  const store = new HookedStore(lake, () => undefined);
  store.read = async (of, range) => {
    if (of === key) ranges.push(range);
    return await lake.read(of, range);
  };
  await seal(ledger({ stores: { archive: store } }), "2026-11-02");
  expect(ranges.length).toBeGreaterThan(0);
  for (const range of ranges) expect(range).toEqual({ first: 0, last: most });
});

import { beforeEach, describe, expect, test } from "vitest";
import { allocateMonths } from "../../src/allocation/allocate-months.ts";
import { purgeArchive } from "../../src/archive/purge-archive.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { ALLOCATION_MANIFESTS, DAY_MANIFESTS, EXPORT_MANIFESTS } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { retainedLedger, rule } from "../archive/retained-archive.ts";
import { contentsOf, keysOf } from "../keys-of.ts";
import { mayBeIncoherent } from "../test-ledger.ts";

const JUNK: [string, Buffer][] = [
  ["no JSON", Buffer.from("{")],
  ["of another shape", Buffer.from('{"format":1}')],
  ["nothing", Buffer.alloc(0)],
  ["no text", Buffer.from([0xff, 0xfe, 0x00])],
];

let ledger: Ledger;

beforeEach(async () => {
  ledger = await retainedLedger([{ by: "ann@example.com", at: "2026-10-05T08:00:00Z" }, { by: "bob@example.com", at: "2026-10-06T08:00:00Z" }], [rule("records", "1 month")]);
});

async function overwrite(store: ObjectStore, prefix: string, bytes: Uint8Array): Promise<string> {
  const [key = ""] = await keysOf(store, prefix);
  await store.replace(key, bytes);
  return key;
}

describe.each([["day", DAY_MANIFESTS], ["export", EXPORT_MANIFESTS], ["month's allocations", ALLOCATION_MANIFESTS]])("the manifest of a %s", (_, prefix) => {
  test.each(JUNK)("that is %s is said to be unreadable and is derived again, to the same tables", async (__, bytes) => {
    const { totals } = await runOnce(ledger);
    const tables = await contentsOf(ledger.stores.lake, "usage/");
    const key = await overwrite(ledger.stores.lake, prefix, bytes);
    expect((await readLedgerStatus(ledger)).unreadable).toEqual([{ key, problem: expect.stringContaining(key) as string }]);
    expect((await runOnce(ledger)).totals).toEqual(totals);
    expect((await readLedgerStatus(ledger)).unreadable).toEqual([]);
    expect(await contentsOf(ledger.stores.lake, "usage/")).toEqual(tables);
  });
});

test("a day of which only a manifest is there that cannot be read keeps nothing from being built", async () => {
  mayBeIncoherent("a manifest is junk");
  const key = `${DAY_MANIFESTS}2099-01-01/prod.json`;
  await ledger.stores.lake.create(key, Buffer.from("junk"));
  await runOnce(ledger);
  expect((await readLedgerStatus(ledger)).unreadable.map((one) => one.key)).toEqual([key]);
  await expect(sealArchive(ledger, await loadLedgerState(ledger.stores.lake), new Date("2026-11-01T00:00:00Z"))).resolves.toBeDefined();
  await expect(allocateMonths(ledger, [])).resolves.toBeDefined();
});

describe("the manifest of an export whose copy was purged", () => {
  const now = new Date("2026-12-08T00:00:00Z");
  beforeEach(async () => {
    const state = await loadLedgerState(ledger.stores.lake);
    await purgeArchive(ledger, state, await planPurge(ledger, state, now), { by: "kim@example.com", now });
    await runOnce(ledger);
  });

  test("keeps its requests, as the days tell of them", async () => {
    mayBeIncoherent("a manifest is junk");
    const { totals } = await runOnce(ledger);
    await overwrite(ledger.stores.lake, EXPORT_MANIFESTS, Buffer.from("{"));
    expect((await runOnce(ledger)).totals).toEqual(totals);
  });

  test("stops the run before a day is built without it, where no day tells of it either and its source is gone", async () => {
    mayBeIncoherent("a manifest is junk");
    for (const { store } of ledger.stores.sources) for (const source of await keysOf(store)) await store.remove(source);
    const key = await overwrite(ledger.stores.lake, EXPORT_MANIFESTS, Buffer.from("{"));
    for (const day of await keysOf(ledger.stores.lake, DAY_MANIFESTS)) await ledger.stores.lake.remove(day);
    const tables = await contentsOf(ledger.stores.lake, "usage/");
    await expect(runOnce(ledger)).rejects.toMatchObject({ code: "manifest_unreadable", message: expect.stringContaining(key) as string });
    expect(await contentsOf(ledger.stores.lake, "usage/")).toEqual(tables);
  });
});

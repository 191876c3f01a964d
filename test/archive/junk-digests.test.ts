import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { annulDigests } from "../../src/archive/annul-digests.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { findClockDoubt } from "../../src/archive/timekeeping/find-clock-doubt.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { rule } from "./retained-archive.ts";
import { newKey } from "./sign-now.ts";
import { digestsOf, seal, signingWith } from "./sealing.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";

let folders: Record<"prod" | "lab", string>;
let lake: FsStore;

beforeEach(async () => {
  folders = { prod: temporaryFolder(), lab: temporaryFolder() };
  lake = new FsStore(temporaryFolder());
  for (const folder of Object.values(folders)) writeRequests(folder, [{ by: "ann@example.com", at: "2026-10-29T12:00:00Z" }]);
  await runOnce(ledger());
  await seal(ledger(), "2026-11-01T04:00:00Z");
});

function ledger(changes: LedgerChanges = {}): Ledger {
  const sources = (["prod", "lab"] as const).map((instance) => ({ instance, store: new FsStore(folders[instance]) }));
  return testLedger(sources[0]!.store, lake, { stores: { sources } }, signingWith(), changes);
}

async function doubt(at: string): Promise<string | undefined> {
  return (await findClockDoubt(ledger(), await loadLedgerState(lake), new Date(at), "seal"))?.error.message;
}

/** By what it is: what lies at the place of a digest of a day to come. */
const JUNK: [string, () => Promise<Uint8Array>][] = [
  ["empty", async () => Buffer.alloc(0)],
  ["no digest", async () => Buffer.from("{}")],
  ["a copy of a true digest", async () => await lake.read(archiveLayout.digest("prod", "2026-11-01"))],
  ["a digest that another key signed", async () => {
    const [digest] = await digestsOf(lake, "prod");
    return canonicalBytes({ ...digest, ...(await signHeader({ ...digest!.header, date: "2099-01-01" }, newKey())) });
  }],
];

describe.each(JUNK)("what lies at the place of a digest of a day to come and is %s", (_, make) => {
  test.each(["prod", "zzz"])("puts no clock in doubt, and stops the sealing of %s alone, which is named", async (instance) => {
    mayBeIncoherent("a digest is junk");
    const key = archiveLayout.digest(instance, "2099-01-01");
    await lake.create(key, await make());
    expect(await doubt("2026-11-02T04:00:00Z")).toBeUndefined();
    await expect(seal(ledger(), "2026-11-02T04:00:00Z")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
    for (const other of ["prod", "lab"].filter((one) => one !== instance)) expect(await keysOf(lake, archiveLayout.digests(other))).toContain(archiveLayout.digest(other, "2026-11-02"));
  });
});

test("junk among the digests of one gateway keeps the daily job from purging there, and from nothing elsewhere", async () => {
  mayBeIncoherent("a digest is junk");
  const retaining = (): Ledger => ledger({ work: { archiving: { ...signingWith().work.archiving, retention: [rule("records", "1 month")] }, clock: () => new Date("2026-12-01T04:00:00Z") } });
  for (const instance of ["prod", "zzz"]) await lake.create(archiveLayout.digest(instance, "2099-01-01"), Buffer.from("{}"));
  const { purges, keptBack } = await planPurge(retaining(), await loadLedgerState(lake), new Date("2026-12-08T00:00:00Z"));
  expect(purges.map(({ instance }) => instance)).toEqual(["lab"]);
  expect(keptBack).toMatchObject([{ instance: "prod", why: expect.stringContaining(archiveLayout.digest("prod", "2099-01-01")) as string }]);
  await expect(retentionArchive(retaining(), await loadLedgerState(lake))).rejects.toMatchObject({ code: "archive_broken" });
  expect(await keysOf(lake, archiveLayout.digests("lab"))).toContain(archiveLayout.digest("lab", "2026-12-01"));
});

test("junk is in nobody's way who annuls digests that were made ahead of time, and is not annulled with them", async () => {
  mayBeIncoherent("a digest is junk");
  await seal(ledger(), "2026-11-20T04:00:00Z");
  for (const instance of ["prod", "zzz"]) await lake.create(archiveLayout.digest(instance, "2099-01-01"), Buffer.from("{}"));
  expect(await doubt("2026-11-02T10:00:00Z")).toContain("for 2026-11-20");
  const annulled = await annulDigests(ledger(), { after: "2026-11-01", reason: "the clock was ahead", by: "kim@example.com", now: new Date("2026-11-02T10:00:00Z"), newId: () => "a1" });
  expect(annulled.map(({ instance, to, digests }) => [instance, to, digests])).toEqual([["lab", "2026-11-20", 19], ["prod", "2026-11-20", 19]]);
  expect(await doubt("2026-11-02T10:00:01Z")).toBeUndefined();
});

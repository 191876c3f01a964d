import type { LedgerChanges } from "../change-ledger.ts";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { annulDigests } from "../../src/archive/annul-digests.ts";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { requireRightClock } from "../../src/archive/timekeeping/confirm-clock.ts";
import { type ClockedAction, findClockDoubt, MOST_DAYS_UNSEALED } from "../../src/archive/timekeeping/find-clock-doubt.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { eventsOf } from "./retained-archive.ts";
import { KEY, seal, signingWith } from "./sealing.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";

let folders: Record<"prod" | "lab" | "lake", string>;
let lake: FsStore;

beforeEach(async () => {
  folders = { prod: temporaryFolder(), lab: temporaryFolder(), lake: temporaryFolder() };
  lake = new FsStore(folders.lake);
  arrive("prod", "2026-10-29");
  await runOnce(ledger());
  await seal(ledger(), "2026-11-01");
});

/** Exports have the time of their names also as files, as if this machine had been right when they came. */
function arrive(instance: "prod" | "lab", date: string): void {
  writeRequests(folders[instance], [{ by: "ann@example.com", at: `${date}T12:00:00Z` }]);
}

function ledger(changes: LedgerChanges = {}): Ledger {
  const sources = (["prod", "lab"] as const).map((instance) => ({ instance, store: new FsStore(folders[instance]) }));
  return testLedger(sources[0]!.store, lake, { stores: { sources } }, signingWith(), changes);
}

/** As if all files had come at that time, by a clock that was right. */
async function dateFiles(at: string): Promise<void> {
  for (const folder of [folders.prod, folders.lab, folders.lake]) {
    for (const key of await keysOf(new FsStore(folder))) utimesSync(join(folder, key), new Date(at), new Date(at));
  }
}

async function doubt(at: string, what: ClockedAction = "seal", of = ledger()): Promise<string | undefined> {
  return (await findClockDoubt(of, await loadLedgerState(lake), new Date(at), what))?.error.message;
}

/** A lake whose server says what time it is. */
function withServer(at: string | undefined): Ledger {
  const store = new FsStore(folders.lake);
  const served = Object.assign(store, { serverTime: async () => (at === undefined ? undefined : new Date(at)) });
  return ledger({ stores: { lake: served, archive: served } });
}

async function verify(at: string, head?: string): Promise<Verification> {
  return await verifyArchive({ archive: lake, lake: undefined, publicKey: KEY.publicKey, sample: undefined, head, instance: undefined, now: new Date(at), progress: { begin: () => undefined, step: () => undefined } });
}

const codesOf = ({ findings }: Verification): string[] => findings.map(({ code, instance }) => `${code} ${instance ?? ""}`);
const annul = async (of: Ledger, after: string, at: string): Promise<unknown> =>
  await annulDigests(of, { after, reason: "the clock was a year ahead", by: "kim@example.com", now: new Date(at), newId: () => `a${at.slice(0, 10)}` });

describe("a clock is in doubt", () => {
  test.each<ClockedAction>(["seal", "purge", "close"])("before a %s, when a store's own clock says another day, ahead or behind", async (what) => {
    for (const at of ["2026-11-02T12:00:00Z", "2026-11-01T12:00:00Z"]) expect(await doubt(at, what, withServer("2026-11-02T00:00:00Z"))).toBeUndefined();
    for (const at of ["2027-11-02T00:00:00Z", "2026-11-03T00:00:01Z", "2026-10-31T20:00:00Z"]) expect(await doubt(at, what, withServer("2026-11-02T00:00:00Z"))).toMatch(/the clock of \S+ says 2026-11-02T00:00:00\.000Z/);
  });

  test("of a quiet gateway not, when a store's own clock says the same", async () => {
    await dateFiles("2026-10-29T13:00:00Z");
    expect(await doubt("2026-11-20T00:00:00Z", "seal", withServer("2026-11-20T00:00:30Z"))).toBeUndefined();
  });

  test.each<ClockedAction>(["seal", "purge", "close"])("before a %s on a file system, when it is a day beyond the newest export and the digest that is due", async (what) => {
    await dateFiles("2026-10-29T13:00:00Z");
    expect(await doubt("2026-11-02T23:00:00Z", what)).toBeUndefined();
    expect(await doubt("2026-11-03T00:00:01Z", what)).toContain("2026-11-02T00:00:00.000Z, from the digest of 2026-11-01");
    expect(await doubt("2027-11-02T00:00:00Z", what, withServer(undefined))).toContain("the newest time from another source");
    arrive("prod", "2026-11-20");
    await dateFiles("2026-11-20T13:00:00Z");
    expect(await doubt("2026-11-21T10:00:00Z", what)).toBeUndefined();
  });

  test("by no export of a day to come", async () => {
    arrive("prod", "2099-01-01");
    await runOnce(ledger());
    await dateFiles("2026-10-29T13:00:00Z");
    expect(await doubt("2026-11-02T12:00:00Z")).toBeUndefined();
    expect(await doubt("2026-12-02T12:00:00Z")).toContain("from the digest of 2026-11-01");
  });

  test(`before a seal and a purge, when more than ${String(MOST_DAYS_UNSEALED)} days are not sealed, whatever a store says`, async () => {
    expect(await doubt("2026-12-02T12:00:00Z", "seal", withServer("2026-12-02T12:00:00Z"))).toBeUndefined();
    for (const what of ["seal", "purge"] as const) expect(await doubt("2026-12-03T00:00:00Z", what, withServer("2026-12-03T00:00:00Z"))).toContain("lab was last sealed for 2026-11-01");
    expect(await doubt("2026-12-03T00:00:00Z", "close", withServer("2026-12-03T00:00:00Z"))).toBeUndefined();
  });
});

test("who says that the clock is right is signed into every chain, and then nothing is in the way", async () => {
  await dateFiles("2026-10-29T13:00:00Z");
  const call = { what: "seal", now: new Date("2026-11-25T00:00:00Z"), by: "kim@example.com", newId: () => "c1" } as const;
  const state = await loadLedgerState(lake);
  await expect(requireRightClock(ledger(), state, { ...call, isConfirmed: false })).rejects.toMatchObject({ code: "clock_doubtful" });
  await requireRightClock(ledger(), state, { ...call, isConfirmed: true });
  for (const instance of ["prod", "lab"]) expect(await eventsOf(lake, "clock", instance)).toMatchObject([{ by: "kim@example.com", at: "2026-11-25T00:00:00.000Z", newest: "2026-11-02T00:00:00.000Z" }]);
  await seal(ledger(), "2026-11-25");
  expect(codesOf(await verify("2026-11-25T10:00:00Z"))).toEqual([]);
  expect(await doubt("2026-11-26T08:00:00Z")).toBeUndefined();
});

test("the daily job removes and seals nothing while the clock is in doubt", async () => {
  const before = await keysOf(lake, "");
  const found = await findClockDoubt(withServer("2026-11-02T00:00:00Z"), await loadLedgerState(lake), new Date("2027-11-02T00:00:00Z"), "purge");
  await expect(retentionArchive(ledger({ work: { clock: () => new Date("2027-11-02T00:00:00Z") } }), await loadLedgerState(lake), found)).rejects.toMatchObject({ code: "clock_doubtful" });
  expect(await keysOf(lake, "")).toEqual(before);
});

describe("after a seal with the clock ahead", () => {
  beforeEach(async () => {
    arrive("prod", "2026-11-01");
    await runOnce(ledger());
    await seal(ledger(), "2026-11-20T02:00:00Z");
  });

  test("verify finds it, and nothing more is sealed until the clock is right and the digests are annulled", async () => {
    expect(codesOf(await verify("2026-11-02T10:00:00Z"))).toEqual(["digest_ahead lab", "digest_ahead prod"]);
    for (const what of ["seal", "purge", "close"] as const) expect(await doubt("2026-11-02T10:00:00Z", what, withServer("2026-11-02T10:00:00Z"))).toContain("for 2026-11-20");
    const call = { what: "seal", now: new Date("2026-11-02T10:00:00Z"), by: "kim@example.com", isConfirmed: true, newId: () => "c1" } as const;
    await expect(requireRightClock(ledger(), await loadLedgerState(lake), call)).rejects.toMatchObject({ code: "clock_doubtful" });
  });

  test("annulled digests stay and are told of for ever, and what they listed is listed at the true day", async () => {
    await seal(ledger(), "2027-11-02T02:00:00Z");
    const late = (await verify("2026-11-02T10:00:00Z")).gateways.find(({ instance }) => instance === "prod")?.head ?? "";
    await annul(ledger(), "2026-11-01", "2026-11-02T10:00:00Z");
    const { gateways } = await sealArchive(ledger(), await loadLedgerState(lake), new Date("2026-11-02T10:00:01Z"));
    expect(gateways.map(({ instance, digests }) => [instance, digests.map(({ date, number, exports, events }) => [date, number, exports, events])])).toEqual([
      ["lab", [["2026-11-02", 2, 0, 1]]],
      ["prod", [["2026-11-02", 2, 1, 1]]],
    ]);
    expect(await keysOf(lake, archiveLayout.digests("prod"))).toHaveLength(1 + 366 + 1);
    const after = await verify("2026-11-02T12:00:00Z", late);
    expect(codesOf(after)).toEqual([]);
    expect(after.notes.map(({ text }) => text)).toEqual(["lab", "prod"].map(() => expect.stringMatching(/^and 365 more up to .*2027-11-02\.json are annulled: .* by kim@example\.com at 2026-11-02T10:00:00.000Z: the clock was a year ahead$/) as string));
    expect(await doubt("2026-11-02T10:00:00Z", "seal", withServer("2026-11-02T10:00:00Z"))).toBeUndefined();
    await seal(ledger(), "2026-11-03T02:00:00Z");
    expect(codesOf(await verify("2026-11-03T12:00:00Z"))).toEqual([]);
  });

  test("annulled digests that are removed are a finding, and an annulment that another key signed is none", async () => {
    mayBeIncoherent("an event is altered");
    await annul(ledger(), "2026-11-01", "2026-11-02T10:00:00Z");
    await seal(ledger(), "2026-11-02T11:00:00Z");
    await lake.remove(archiveLayout.digest("prod", "2026-11-15"));
    expect(codesOf(await verify("2026-11-02T12:00:00Z"))).toEqual(["digest_missing prod"]);
    const [event = ""] = (await keysOf(lake, archiveLayout.events("lab"))).filter((key) => key.includes("-annulment-"));
    await lake.replace(event, Buffer.from((await lake.read(event)).toString().replace("kim@", "tim@")));
    expect(codesOf(await verify("2026-11-02T12:00:00Z"))).toContain("digest_ahead lab");
  });

  test("a second time, too: the days are sealed at places of their own", async () => {
    await annul(ledger(), "2026-11-01", "2026-11-02T10:00:00Z");
    await seal(ledger(), "2026-11-24T02:00:00Z");
    await annul(ledger(), "2026-11-01", "2026-11-02T12:00:00Z");
    await seal(ledger(), "2026-11-02T13:00:00Z");
    expect(await keysOf(lake, `${archiveLayout.digests("prod")}2026-11-02`)).toEqual(["2026-11-02.2.json", "2026-11-02.3.json", "2026-11-02.json"].map((name) => archiveLayout.digests("prod") + name));
    expect(codesOf(await verify("2026-11-02T14:00:00Z"))).toEqual([]);
  });

  test("only digests that are ahead of the clock can be annulled", async () => {
    await expect(annul(ledger(), "2026-10-31", "2026-11-02T10:00:00Z")).rejects.toThrow("and that is not ahead of this machine's clock");
    await expect(annul(ledger(), "2026-11-20", "2026-11-02T10:00:00Z")).rejects.toMatchObject({ code: "usage" });
    expect(await eventsOf(lake, "annulment")).toEqual([]);
  });

  test("what was written into the chain by that clock is listed as well, and told of", async () => {
    const selection = { instance: null, caller: "ann@example.com", session: null, from: null, to: null };
    await addHold(ledger(), { id: "h1", selection, reason: "case 7", by: "kim@example.com", at: "2026-11-20T03:00:00.000Z" });
    await annul(ledger(), "2026-11-01", "2026-11-02T10:00:00Z");
    await seal(ledger(), "2026-11-02T11:00:00Z");
    const verified = await verify("2026-11-02T12:00:00Z");
    expect(codesOf(verified)).toEqual([]);
    expect(verified.notes.map(({ text }) => text).join("\n")).toContain("kim@example.com accepted it");
  });
});

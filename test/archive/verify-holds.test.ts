import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { beforeEach, describe, expect, test } from "vitest";
import type { ArchiveEvent, Selection } from "../../src/archive/chain/event.ts";
import type { VerifyTask } from "../../src/archive/verify-archive.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { recordOf } from "./archived-records.ts";
import { LockingStore } from "./locking-store.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { exportOf, found, verify } from "./verifying.ts";

const DAYS = ["2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04"] as const;
const ALL: Selection = { instance: null, caller: null, session: null, from: null, to: null };
const ANN: Selection = { ...ALL, caller: "ann@example.com" };
const common = { format: 1, instance: "prod", by: "kim@example.com" } as const;

function nameOf(date: string): string {
  return `ts-aperture-export-${String(Date.parse(`${date}T09:00:00Z`) / 1000)}`;
}

const keyOf = (date: string): string => exportOf(date, nameOf(date));

/** An export made on that day, at nine. */
function exported(date: string, ...records: { login: string; session: string; at?: string }[]): Buffer {
  return zstdCompressSync(Buffer.concat(records.map(({ login, session, at = `${date}T08:00:00Z` }, index) => encode(recordOf(index, login, { session_id: session, timestamp: at })))));
}

/** Ann on the first and the last day, Bob on the second, and on the third a record that cannot be read. */
const CONTENTS = [
  exported(DAYS[0], { login: "bob@example.com", session: "s1" }, { login: "Ann@Example.com", session: "s2" }),
  exported(DAYS[1], { login: "bob@example.com", session: "s3" }),
  exported(DAYS[2], { login: "cat@example.com", session: "s4" }, { login: "cat@example.com", session: "s5", at: "never" }),
  exported(DAYS[3], { login: "ann@example.com", session: "s6" }),
];

let root: string;
let sealed: SealedArchive;
let archive: LockingStore;

beforeEach(async () => {
  root = temporaryFolder();
  sealed = new SealedArchive(intoFolder(root));
  archive = new LockingStore(new FsStore(root), () => new Date("2026-09-05T05:00:00Z"));
  for (const [index, date] of DAYS.entries()) {
    await sealed.addExport("prod", date, nameOf(date), { bytes: CONTENTS[index]! });
    if (date !== DAYS[3]) await sealed.seal(date, ["prod"]);
  }
});

async function hold(selection: Selection, id = "h1", at = "2026-09-04T12:00:00.000Z"): Promise<void> {
  await sealed.addEvent({ ...common, kind: "hold", id, hold: id, at, selection, reason: "case 12" });
}

/** With everything that was added in the newest digest. */
async function check(changes: Partial<VerifyTask> = {}): Promise<Verification> {
  await sealed.seal(DAYS[3], ["prod"]);
  return await verify(root, sealed, { archive, ...changes });
}

const missing = (...days: number[]): string[] => days.map((day) => `legal_hold_missing ${keyOf(DAYS[day]!)}`);

describe("every copy with records that a hold covers has the legal hold", () => {
  test.each<[string, Partial<Selection>, number[]]>([
    // Nobody knows whose an unreadable record is.
    ["of a caller, as in the usage table", { caller: "ann@example.com" }, [0, 2]],
    ["of a session", { session: "s3" }, [1, 2]],
    ["of a time", { from: "2026-09-01T08:00:01.000Z", to: "2026-09-02T08:00:00.001Z" }, [1, 2]],
    ["of a caller since a time", { caller: "cat@example.com", from: "2026-09-03T00:00:00.000Z" }, [2]],
    // A record may be a day younger than its export.
    ["of a time after the exports", { from: "2026-09-04T09:00:00.001Z" }, []],
    ["of another gateway", { instance: "lab", caller: "ann@example.com" }, []],
  ])("%s", async (_name, selection, days) => {
    await hold({ ...ALL, ...selection });
    expect(found(await check())).toEqual(missing(...days));
  });

  test("and is named with the hold; copies that have it, and those of the newest digest, are no finding", async () => {
    await hold(ANN);
    await archive.locks.setLegalHold(keyOf(DAYS[0]), true);
    await archive.locks.setLegalHold(keyOf(DAYS[2]), true);
    const verification = await check();
    expect(verification).toMatchObject({ findings: [], notChecked: [expect.stringContaining("no lake was given")], gateways: [{ protections: 3 }] });
    await archive.locks.setLegalHold(keyOf(DAYS[0]), false);
    expect((await verify(root, sealed, { archive })).findings.map(({ text }) => text)).toEqual([expect.stringContaining("has no legal hold, although it has records on hold h1 (expected legal hold, found none)")]);
  });

  test("except where a hold waits for its digest, or was released since", async () => {
    await sealed.seal(DAYS[3], ["prod"]);
    await hold(ANN, "h2", "2026-09-04T23:30:00.000Z");
    expect(found(await verify(root, sealed, { archive }))).toEqual([]);
    await sealed.seal("2026-09-05", ["prod"]);
    expect(found(await verify(root, sealed, { archive }))).toEqual(missing(0, 2, 3));
    const release: ArchiveEvent = { ...common, kind: "release", id: "h2", hold: "h2", at: "2026-09-06T04:00:00.000Z", reason: "settled" };
    await sealed.addEvent(release);
    expect(found(await verify(root, sealed, { archive }))).toEqual([]);
  });

  test("and what is marked while it is verified is no finding", async () => {
    await hold(ANN);
    const mark = async (): Promise<void> => {
      for (const day of [DAYS[0], DAYS[2]]) await archive.locks.setLegalHold(keyOf(day), true);
    };
    expect(found(await check({ pause: mark }))).toEqual([]);
  });
});

test("with a sample only the copies in it are read, and the report says how many were not", async () => {
  await hold(ANN);
  await archive.locks.setLegalHold(keyOf(DAYS[1]), true);
  const { findings, notChecked } = await check({ sample: { exports: 0, seed: "s" } });
  expect(findings).toEqual([]);
  expect(notChecked.join("\n")).toContain("holds on callers, sessions and times: 2 exports without a legal hold may have such records and were not read");
  const all = await verify(root, sealed, { archive, sample: { exports: 4, seed: "s" } });
  expect([found(all), all.notChecked.join("\n")]).toEqual([missing(0, 2), expect.not.stringContaining("holds on callers")]);
});

test("what a hold covers of a caller who was erased before is said not to be checked", async () => {
  const erasure = { ...common, kind: "erasure" as const, pseudonym: "erased-0@example.com", until: "2026-09-02T00:00:00.000Z", exports: [], reason: "asked" };
  await hold(ANN);
  await sealed.addEvent({ ...erasure, id: "e1", at: "2026-09-04T13:00:00.000Z" });
  expect((await check()).notChecked.join("\n")).not.toContain("erased");
  await sealed.addEvent({ ...erasure, id: "e2", at: "2026-09-04T11:30:00.000Z" });
  await sealed.seal("2026-09-05", ["prod"]);
  expect((await verify(root, sealed, { archive })).notChecked.join("\n")).toContain("holds on callers whom prod had erased before");
});

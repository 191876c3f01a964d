import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { KEY, signingWith } from "../archive/sealing.ts";
import { call } from "../cli/call.ts";
import { contentsOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

const ALLOCATION = settingsOf({ directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } });
const AUGUST = [{ by: "ann@example.com", at: "2026-08-10T12:00:00Z", dollars: 3 }];
const SEPTEMBER = [{ by: "bob@example.com", at: "2026-09-20T12:00:00Z", dollars: 5 }, { by: "ann@example.com", at: "2026-09-21T12:00:00Z", dollars: 7 }];

let source: string;
let lake: string;
let archive: string;

function ledgerIn(folder: string, copies = archive): Ledger {
  return testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: ALLOCATION }, stores: { archive: new FsStore(copies) } }, signingWith());
}

async function sealAt(ledger: Ledger, at: string): Promise<string> {
  await sealArchive(ledger, await loadLedgerState(ledger.stores.lake), new Date(at));
  return (await verify(ledger)).gateways[0]?.head ?? "";
}

async function verify({ stores }: Ledger, head?: string) {
  const progress = { begin: () => undefined, step: () => undefined };
  return await verifyArchive({ archive: stores.archive, lake: stores.lake, publicKey: KEY.publicKey, sample: undefined, head, instance: undefined, now: new Date("2026-10-31T12:00:00Z"), progress });
}

/** A backup of lake and archive, made before September's exports arrived and before August was closed. */
let backup: { lake: string; archive: string };
let noted: string;

beforeEach(async () => {
  [source, lake, archive] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  writeRequests(source, AUGUST);
  await runOnce(ledgerIn(lake));
  await sealAt(ledgerIn(lake), "2026-10-29T06:00:00Z");
  backup = { lake: temporaryFolder(), archive: temporaryFolder() };
  cpSync(lake, backup.lake, { recursive: true });
  cpSync(archive, backup.archive, { recursive: true });
  writeRequests(source, SEPTEMBER);
  await runOnce(ledgerIn(lake));
  await close(ledgerIn(lake), "2026-08");
  noted = await sealAt(ledgerIn(lake), "2026-10-30T06:00:00Z");
});

describe("a restored backup of lake and archive", () => {
  test("says what is missing, and a run brings the same figures to the last byte", async () => {
    const restored = ledgerIn(backup.lake, backup.archive);
    expect(await readLedgerStatus(restored)).toMatchObject({ exports: { ingested: 1, waiting: 2 }, months: { closed: [] } });
    expect(await runOnce(restored)).toMatchObject({ exports: { ingested: 2 } });
    expect(await tableDigests(new FsStore(backup.lake))).toEqual(await tableDigests(new FsStore(lake)));
    await reportMonth(restored, "2026-09");
    await reportMonth(ledgerIn(lake), "2026-09");
    const [figures, before] = await Promise.all([backup.lake, lake].map(async (folder) => (await contentsOf(new FsStore(folder), "reports/2026-09/"))["reports/2026-09/chargeback.csv"]));
    expect(figures).toBeDefined();
    expect(figures).toBe(before);
  });

  test("does not pass for the archive that an auditor noted: what was sealed since is gone", async () => {
    const restored = ledgerIn(backup.lake, backup.archive);
    await runOnce(restored);
    await sealAt(restored, "2026-10-31T06:00:00Z");
    expect((await verify(restored)).findings).toEqual([]);
    expect((await verify(restored, noted)).findings.map(({ code }) => code)).toEqual(["head_missing"]);
  });
});

describe("a restored backup of the lake beside the current archive", () => {
  test("gets the exports from the archive even if their source is gone, with the same figures", async () => {
    source = temporaryFolder();
    const restored = ledgerIn(backup.lake);
    expect((await readLedgerStatus(restored)).exports).toMatchObject({ ingested: 1, waiting: 0, stale: 2, stale_because: { manifest_missing: 2 } });
    await runOnce(restored);
    expect(await tableDigests(new FsStore(backup.lake))).toEqual(await tableDigests(new FsStore(lake)));
  });

  test("is told by archive verify that a close is missing, which must be restored", async () => {
    mayBeIncoherent("a close is missing");
    const restored = ledgerIn(backup.lake);
    await runOnce(restored);
    const { findings } = await verify(restored);
    expect(findings.map(({ code, key }) => [code, key])).toEqual([[expect.stringMatching(/close/), layout.close("2026-08")]]);
  });
});

test("a restored backup of the archive beside the current lake gets its copies from the source again, and keeps its figures", async () => {
  mayBeIncoherent("August's close is not in the chain");
  const before = await tableDigests(new FsStore(lake));
  const restored = ledgerIn(lake, backup.archive);
  await runOnce(restored);
  expect((await readLedgerStatus(restored)).exports).toMatchObject({ ingested: 3, waiting: 0, stale: 0, without_copy: [] });
  expect(await tableDigests(new FsStore(lake))).toEqual(before);
  await sealAt(restored, "2026-10-31T06:00:00Z");
  expect((await verify(restored, noted)).findings.map(({ code }) => code)).toContain("head_missing");
});

describe("a lake that was restored in part", () => {
  let copy: string;
  beforeEach(() => {
    mayBeIncoherent("a table is another day's");
    copy = temporaryFolder();
    cpSync(lake, copy, { recursive: true });
  });

  test.each([
    ["has another table than its manifest describes", () => cpSync(join(copy, layout.rollups("2026-09-21", "prod")), join(copy, layout.rollups("2026-09-20", "prod"))), "object_changed", /is not the object that its manifest describes/],
    ["lacks a table", () => rmSync(join(copy, layout.rollups("2026-09-20", "prod"))), "object_missing", /does not exist, although its manifest describes it/],
  ])("%s: says so, and to call run, which mends it", async (_, damage, code, message) => {
    damage();
    await expect(reportMonth(ledgerIn(copy), "2026-09")).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string, remedy: expect.stringMatching(/^Call aperture-ledger run/) as string });
    expect((await runOnce(ledgerIn(copy))).days).toEqual({ built: 1, fresh: 2 });
    expect(await tableDigests(new FsStore(copy))).toEqual(await tableDigests(new FsStore(lake)));
    await reportMonth(ledgerIn(copy), "2026-09");
  });
});

test("status and chargeback of a copied lake say to call run, until it was called", async () => {
  const copy = temporaryFolder();
  cpSync(lake, copy, { recursive: true });
  const settings = ["--lake", copy, "--source", source, "--instance", "prod"];
  const told = /this lake was copied, moved or restored.*call aperture-ledger run/;
  expect((await call(["status", ...settings])).stdout).toMatch(told);
  expect((await call(["chargeback", "--month", "2026-09", ...settings])).stderr).toMatch(told);
  expect((await call(["run", ...settings])).code).toBe(0);
  expect((await call(["status", ...settings])).stdout).not.toMatch(told);
});

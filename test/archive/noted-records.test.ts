import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { LARGEST_JSON } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadPolicySnapshots } from "../../src/lake/records/policy-snapshots.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { digestsOf, KEY, seal, signingWith } from "./sealing.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { changeLedger } from "../change-ledger.ts";

let folders: { source: string; lake: string };
let lake: FsStore;

beforeEach(() => {
  folders = { source: temporaryFolder(), lake: temporaryFolder() };
  lake = new FsStore(folders.lake);
});

function ledger(): Ledger {
  return testLedger(new FsStore(folders.source), lake, signingWith());
}

function put(key: string, value: object): void {
  const file = join(folders.lake, key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

function putPolicy(key: string, date: string, ...logins: string[]): void {
  put(key, { format: 1, date, groups: { "group:a": logins }, tagOwners: {} });
}

/** What no ledger writes: its size is all that is looked at. */
function makeHuge(key: string): void {
  put(key, {});
  truncateSync(join(folders.lake, key), LARGEST_JSON + 1);
}

async function verify(day: string): Promise<Verification> {
  const task = { archive: lake, lake, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, progress: { begin: () => undefined, step: () => undefined } };
  return await verifyArchive({ ...task, now: new Date(`${day}T12:00:00Z`) });
}

/** Seals in the morning of a day; says what is found at noon. */
async function foundOn(day: string): Promise<string[]> {
  await seal(ledger(), `${day}T02:00:00Z`);
  return (await verify(day)).findings.map(({ code, key }) => `${code} ${key}`);
}

/** The state that a test begins with: sealed, and nothing found. */
async function sealSoundly(day: string): Promise<void> {
  const found = await foundOn(day);
  if (found.length > 0) throw new Error(`found on ${day}: ${found.join(", ")}`);
}

describe("a policy that lies where another one belongs", () => {
  const odd = "_ledger/policy/2026-11-20.sync-conflict.json";
  const future = layout.policySnapshot("2099-01-01");

  beforeEach(async () => {
    putPolicy(layout.policySnapshot("2026-11-20"), "2026-11-20", "ann@example.com");
    await sealSoundly("2026-11-25");
  });

  test.each(["2026-11-20", "2026-11-26", "2099-01-01"])("under an odd name and of %s ends no sealing, and is found and refused", async (date) => {
    putPolicy(odd, date, "eve@example.com");
    for (const day of ["2026-11-26", "2026-11-27"]) expect(await foundOn(day)).toEqual([`record_added ${odd}`]);
    expect((await digestsOf(lake, "prod")).flatMap(({ header }) => header.records?.map(({ key }) => key))).not.toContain(odd);
    await expect(loadPolicySnapshots(lake)).rejects.toMatchObject({ code: "manifest_unreadable", message: expect.stringContaining(odd) as string });
  });

  test("under a day to come is never noted, whatever date it says and is then changed to", async () => {
    putPolicy(future, "2026-11-26", "ann@example.com");
    expect(await foundOn("2026-11-26")).toEqual([`record_added ${future}`]);
    putPolicy(future, "2026-08-01", "eve@example.com");
    for (const day of ["2026-11-27", "2026-11-28"]) expect(await foundOn(day)).toEqual([`record_added ${future}`]);
  });

  test("and was noted as the policy of that day to come may not become an older one", async () => {
    putPolicy(future, "2099-01-01", "ann@example.com");
    expect(await foundOn("2026-11-26")).toEqual([]);
    putPolicy(future, "2026-08-01", "eve@example.com");
    for (const day of ["2026-11-27", "2026-11-28"]) expect(await foundOn(day)).toEqual([`record_altered ${future}`]);
  });
});

test("more snapshots than a digest once noted are noted at once, and none is a finding on the days after", { timeout: 600_000 }, async () => {
  for (let n = 0; n < 1500; n++) {
    const at = new Date(Date.parse("2026-01-01T00:00:00Z") + n * 4 * 3_600_000);
    put(layout.gatewaySnapshot("prod", at), { format: 1, taken_at: at.toISOString(), providers: [] });
  }
  for (const day of ["2026-11-26", "2026-11-27", "2026-11-28"]) expect(await foundOn(day)).toEqual([]);
  expect((await digestsOf(lake, "prod")).map(({ header }) => header.records?.length)).toEqual([1500, 0, 0]);
});

test("a catalogue of prices that a digest noted may not have other prices later", async () => {
  const key = layout.catalogue("prod", null, "0123456789abcdef");
  const catalogue = { format: 1, taken_at: "2026-11-20T00:00:00.000Z", applies_from: null, id: "0123456789abcdef" };
  put(key, { ...catalogue, prices: [] });
  expect(await foundOn("2026-11-26")).toEqual([]);
  put(key, { ...catalogue, prices: [{ rates: { input: "0" } }] });
  expect(await foundOn("2026-11-27")).toEqual([`record_altered ${key}`]);
});

describe("verify with the lake ends in a report", () => {
  beforeEach(async () => {
    writeRequests(folders.source, [{ by: "ann@example.com", at: "2026-11-20T12:00:00Z" }]);
    await runOnce(ledger());
    put(layout.gatewaySnapshot("prod", new Date("2026-11-20T00:00:00Z")), { format: 1, taken_at: "2026-11-20T00:00:00Z", providers: [] });
    await sealSoundly("2026-11-25");
  });

  test("where manifests and records are larger than any true ones: each is found", async () => {
    mayBeIncoherent("manifests are altered");
    const [manifest = ""] = await keysOf(lake, "_ledger/exports/");
    const [day = ""] = await keysOf(lake, "_ledger/days/");
    const noted = layout.gatewaySnapshot("prod", new Date("2026-11-20T00:00:00Z"));
    const added = layout.policySnapshot("2026-11-24");
    for (const key of [manifest, day, noted, added]) makeHuge(key);
    const { findings } = await verify("2026-11-25");
    expect(findings.map(({ code, key }) => `${code} ${key}`)).toEqual(expect.arrayContaining([`record_altered ${noted}`, `record_added ${added}`, `rows_differ ${manifest}`, `rows_differ ${day}`]));
    await seal(ledger(), "2026-11-26T02:00:00Z");
  });

  test("where a copy that nothing listed yet was deleted with its receipt and at its source: the lake has what came of it", async () => {
    mayBeIncoherent("a copy is taken away");
    writeRequests(folders.source, [{ by: "bob@example.com", at: "2026-11-24T12:00:00Z" }]);
    const before = await keysOf(lake, "archive/");
    await runOnce(changeLedger(ledger(), { work: { clock: () => new Date("2026-11-25T09:00:00Z") } }));
    const came = (await keysOf(lake, "archive/")).filter((key) => !before.includes(key));
    const copy = came.find((key) => key.endsWith(".cbor.zstd")) ?? "";
    expect((await verify("2026-11-25")).findings).toEqual([]);
    for (const key of came) await lake.remove(key);
    const { findings } = await verify("2026-11-25");
    expect(findings.map(({ code, key }) => `${code} ${key}`)).toEqual([`deleted ${copy}`]);
    expect(findings[0]?.text).toContain("is missing, although the lake has data derived from it");
  });

  test("where one of several manifests is too large", async () => {
    mayBeIncoherent("a manifest is altered");
    writeRequests(folders.source, [{ by: "bob@example.com", at: "2026-11-21T12:00:00Z" }]);
    await runOnce(ledger());
    const [manifest = ""] = await keysOf(lake, "_ledger/exports/");
    makeHuge(manifest);
    expect((await verify("2026-11-25")).findings.map(({ code, key }) => `${code} ${key}`)).toContain(`rows_differ ${manifest}`);
  });

  test.each(["_ledger/exports/prod/lost.json", "_ledger/policy/lost.json", "usage/lost"])("where a link at %s leads nowhere: it is found, and the text is not about the archive alone", async (key) => {
    mkdirSync(dirname(join(folders.lake, key)), { recursive: true });
    symlinkSync("/nowhere/at/all", join(folders.lake, key));
    const { findings } = await verify("2026-11-25");
    expect(findings.map(({ code, key: at }) => `${code} ${at}`)).toEqual([`unlistable ${key}`]);
    expect(findings[0]?.text).toMatch(/it is unknown whether the archive has valid objects there$/);
  });
});

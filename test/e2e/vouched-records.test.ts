import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { acceptObjects } from "../../src/archive/accept-objects.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { parseGatewayAccess } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { keepGatewaySnapshot, loadGatewaySnapshots, providersUntil } from "../../src/lake/records/gateway-snapshots.ts";
import { layout } from "../../src/lake/layout.ts";
import { keepPolicySnapshot, loadPolicySnapshots } from "../../src/lake/records/policy-snapshots.ts";
import { keepTrueUp, loadTrueUps } from "../../src/lake/records/kept-true-ups.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { digestsOf, KEY, seal, signingWith } from "../archive/sealing.ts";
import { found } from "../archive/verifying.ts";
import { keysOf } from "../keys-of.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { DIMENSIONS, mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { serveClosed } from "../../src/chargeback/report-month.ts";
import { close } from "./closing.ts";

const ALLOCATION = settingsOf({ directory: { teams: [{ name: "payments", members: ["ann@example.com"] }] } });
const SNAPSHOT = layout.gatewaySnapshot("prod", new Date("2026-10-01T00:00:00Z"));
const POLICY = layout.policySnapshot("2026-10-02");
const TRUE_UP = layout.trueUp("2026-10");

let folder: string;
let lake: FsStore;
let ledger: () => Promise<Ledger>;

beforeEach(async () => {
  const source = temporaryFolder();
  folder = temporaryFolder();
  lake = new FsStore(folder);
  ledger = async () => {
    const snapshots = (await loadGatewaySnapshots(lake)).get("prod") ?? [];
    const normalisingAt: Ledger["rules"]["normalisingAt"] = (instance, time) => ({ instance, gateway: providersUntil(snapshots, time), dimensions: DIMENSIONS });
    return testLedger(new FsStore(source), lake, { rules: { allocation: ALLOCATION, normalisingAt } }, signingWith());
  };
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 14.04 },
    { by: "ann@example.com", at: "2026-10-10T12:00:00Z", dollars: 100 },
  ]);
  await keepConfiguration("override", "2026-10-01T00:00:00Z");
  await keepPolicySnapshot(lake, [], { groups: new Map([["group:a", ["ann@example.com"]]]), tagOwners: new Map() }, "2026-10-02");
  await keepTrueUp(lake, { month: "2026-10", madeAt: new Date("2026-10-20T00:00:00Z"), madeBy: "finance@example.com", files: [], amounts: [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 90_000_000_000n }] });
  await runOnce(await ledger());
  const { record } = await close(await ledger(), "2026-09");
  await serveClosed(lake, record);
});

async function keepConfiguration(mode: string, at: string): Promise<void> {
  const text = JSON.stringify({ providers: { anthropic: { auth_mode: mode === "override" ? "" : mode, apikey: "sk-hidden", models: ["claude-opus-4-8"] } } });
  await keepGatewaySnapshot(lake, "prod", (await loadGatewaySnapshots(lake)).get("prod") ?? [], { providers: parseGatewayProviders(text, "it"), access: parseGatewayAccess(text, "it") }, new Date(at));
}

async function sealOn(day: string): Promise<void> {
  await seal(await ledger(), `${day}T06:00:00Z`);
}

async function verifyOn(day: string): Promise<Verification> {
  return await verifyArchive({
    archive: lake, lake, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined,
    now: new Date(`${day}T12:00:00Z`), progress: { begin: () => undefined, step: () => undefined },
  });
}

async function accept(key: string): Promise<void> {
  await acceptObjects(await ledger(), [key], { reason: "corrected by hand", by: "admin@example.com", now: new Date("2026-11-02T05:00:00Z"), id: key.replaceAll(/\W/g, "") });
}

async function metered(): Promise<unknown> {
  return (await query(`SELECT coalesce(sum(cost_usd), 0)::VARCHAR AS cost FROM read_parquet('${folder}/usage/*/*.parquet') WHERE billing = 'metered'`))[0]?.["cost"];
}

function edit(key: string, change: (text: string) => string): void {
  const file = join(folder, key);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

describe("what decides who owes what", { timeout: 600_000 }, () => {
  test("is noted by the next digest, once, and verified from then on", async () => {
    expect((await verifyOn("2026-10-31")).derived).toMatchObject({ records: 0 });
    await sealOn("2026-11-01");
    await sealOn("2026-11-02");
    const digests = await digestsOf(lake, "prod");
    expect(digests.map(({ header }) => header.records?.map(({ key }) => key))).toEqual([[SNAPSHOT, POLICY, TRUE_UP], []]);
    expect(digests.map(({ header }) => header.pricing)).toEqual(["none", "none"]);
    const { findings, notes, derived, notChecked } = await verifyOn("2026-11-02");
    expect({ findings, notes }).toEqual({ findings: [], notes: [] });
    expect(derived).toMatchObject({ records: 3, closes: 1 });
    expect(derived?.closed_files).toBeGreaterThan(5);
    expect(notChecked).toEqual([expect.stringContaining("rollups, tools, allocations, corrections and reports of open months")]);
  });

  test("is found where a snapshot was edited so that nothing is owed any more, also after the next seals", async () => {
    await sealOn("2026-11-01");
    expect(await metered()).toBe("114.040000000");
    edit(SNAPSHOT, (text) => text.replace('"override"', '"passthrough"'));
    await runOnce(await ledger());
    expect(await metered()).toBe("0.000000000");
    expect(found(await verifyOn("2026-11-01"))).toEqual([`record_altered ${SNAPSHOT}`]);
    await sealOn("2026-11-02");
    await sealOn("2026-11-03");
    expect(found(await verifyOn("2026-11-03"))).toEqual([`record_altered ${SNAPSHOT}`]);
  });

  test("is found where it was removed, or added as if it had always been there", async () => {
    await sealOn("2026-11-01");
    const files = [SNAPSHOT, POLICY, TRUE_UP];
    for (const key of files) rmSync(join(folder, key));
    expect(found(await verifyOn("2026-11-01"))).toEqual(files.map((key) => `record_altered ${key}`));
    const planted = [layout.gatewaySnapshot("prod", new Date("2026-08-01T00:00:00Z")), layout.policySnapshot("2026-08-01"), layout.trueUp("2026-08")];
    writeFileSync(join(folder, planted[0]!), JSON.stringify({ format: 1, taken_at: "2026-08-01T00:00:00Z", providers: [] }));
    writeFileSync(join(folder, planted[1]!), JSON.stringify({ format: 1, date: "2026-08-01", taken_at: "2026-11-02T05:00:00Z", groups: {}, tagOwners: {} }));
    writeFileSync(join(folder, planted[2]!), JSON.stringify({ format: 1, month: "2026-08", made_at: "2026-08-30T00:00:00Z", made_by: "x", files: [], amounts: [] }));
    await seal(testLedger(new FsStore(temporaryFolder()), lake, { rules: { allocation: ALLOCATION } }, signingWith()), "2026-11-02T06:00:00Z");
    expect(found(await verifyOn("2026-11-02")).toSorted()).toEqual([...files.map((key) => `record_altered ${key}`), ...planted.map((key) => `record_added ${key}`)].toSorted());
  });

  test("counts once: a copy of a record under another name is refused, by name", async () => {
    const loads: [key: string, load: () => Promise<unknown>][] = [[SNAPSHOT, () => loadGatewaySnapshots(lake)], [POLICY, () => loadPolicySnapshots(lake)], [TRUE_UP, () => loadTrueUps(lake)]];
    for (const [key, load] of loads) {
      const copy = key.replace(".json", " (copy).json");
      writeFileSync(join(folder, copy), readFileSync(join(folder, key)));
      await expect(load()).rejects.toMatchObject({ code: "manifest_unreadable", message: expect.stringContaining(`${copy} is a copy of the record at ${key}`) as string });
      rmSync(join(folder, copy));
    }
  });

  test("is not yet vouched for where it came since the last digest, and is no finding", async () => {
    await sealOn("2026-11-01");
    await keepConfiguration("passthrough", "2026-11-01T09:00:00Z");
    const { findings, notes } = await verifyOn("2026-11-01");
    const key = layout.gatewaySnapshot("prod", new Date("2026-11-01T09:00:00Z"));
    expect({ findings, notes }).toEqual({ findings: [], notes: [{ key, text: expect.stringContaining("not vouched for yet") as string }] });
    await sealOn("2026-11-02");
    expect((await verifyOn("2026-11-02")).notes).toEqual([]);
  });

  test("may be the policy of a day that is not over, which is replaced until it is", async () => {
    const policy = (login: string) => ({ groups: new Map([["group:a", [login]]]), tagOwners: new Map<string, string[]>() });
    const keep = async (login: string): Promise<unknown> => await keepPolicySnapshot(lake, await loadPolicySnapshots(lake), policy(login), "2026-11-01");
    await keep("bob@example.com");
    await sealOn("2026-11-01");
    await keep("cat@example.com");
    expect((await verifyOn("2026-11-01")).findings).toEqual([]);
    for (const day of ["2026-11-02", "2026-11-03"]) await sealOn(day);
    expect(await verifyOn("2026-11-03")).toMatchObject({ findings: [], notes: [] });
    edit(layout.policySnapshot("2026-11-01"), (text) => text.replace("cat@", "bob@"));
    expect(found(await verifyOn("2026-11-03"))).toEqual([`record_altered ${layout.policySnapshot("2026-11-01")}`]);
  });

  test("is right once somebody accepted it, which every verification repeats", async () => {
    await sealOn("2026-11-01");
    edit(POLICY, (text) => text.replace("ann@", "bob@"));
    rmSync(join(folder, TRUE_UP));
    await accept(POLICY);
    await accept(TRUE_UP);
    expect((await verifyOn("2026-11-01")).findings).toEqual([]);
    await sealOn("2026-11-02");
    const { findings, notes } = await verifyOn("2026-11-02");
    expect(findings).toEqual([]);
    expect(notes.map(({ key, text }) => [key, /accepted it/.test(text)])).toEqual([[POLICY, true], [TRUE_UP, true]]);
  });
});

describe("a closed month", { timeout: 600_000 }, () => {
  test("is found to be gone or altered, file by file, and what is served of it is a note", async () => {
    mayBeIncoherent("closed files are altered");
    await sealOn("2026-11-01");
    const files = (await keysOf(lake, "reports/2026-09/")).filter((key) => key.includes("/closed-"));
    const [gone = "", altered = ""] = files;
    rmSync(join(folder, gone));
    edit(altered, (text) => `${text} `);
    edit(layout.report("2026-09", "chargeback.html"), (text) => `${text} `);
    const verified = await verifyOn("2026-11-01");
    expect(found(verified)).toEqual([gone, altered].toSorted().map((key) => `closed_file_altered ${key}`));
    expect(verified.notes.map(({ key }) => key)).toEqual([layout.report("2026-09", "chargeback.html")]);
    for (const key of files.slice(1)) rmSync(join(folder, key));
    expect((await verifyOn("2026-11-01")).findings).toHaveLength(files.length);
  });
});

import { PutObjectRetentionCommand } from "@aws-sdk/client-s3";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { purgeArchive } from "../../src/archive/purge-archive.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { type VerifyTask, verifyArchive } from "../../src/archive/verify-archive.ts";
import { ingestExport } from "../../src/ingest/ingest-export.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { pullExports } from "../../src/ingest/pull-exports.ts";
import { type CheckedArchive, retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import type { RetentionRule } from "../../src/archive/retention/retention-rule.ts";
import { findErasedCallers } from "../../src/open/erased-callers.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { LockingStore } from "../archive/locking-store.ts";
import { rule } from "../archive/retained-archive.ts";
import { inSeconds, lockedPlace } from "../contract/locked-place.ts";
import { HookedStore } from "../hooked-store.ts";
import { query } from "../query.ts";
import { DIMENSIONS, tableDigests } from "../test-ledger.ts";
import { keysOf } from "../keys-of.ts";
import { ALICE, ARCHIVING, BOB, type Erasing, eventsOf, ledgerOfTwo, nameOf, namesAlice, SIGNING_KEY, sumsOf } from "./erasing.ts";
import { changeLedger, type LedgerChanges } from "../change-ledger.ts";

const TEAMS = settingsOf({ directory: { teams: [{ name: "web", members: [ALICE] }, { name: "ops", members: [BOB] }] } });
const WHO = { by: "kim@example.com", reason: "case 7" };
const PROGRESS = { begin: () => undefined, step: () => undefined };

async function findings({ stores: { archive, lake }, work: { clock } }: Ledger): Promise<string[]> {
  const task: VerifyTask = { archive, lake, publicKey: SIGNING_KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: clock(), progress: PROGRESS };
  return (await verifyArchive(task)).findings.map(({ code, key }) => `${code} ${key}`);
}

async function daily(ledger: Ledger): Promise<CheckedArchive> {
  return await retentionArchive(ledger, await loadLedgerState(ledger.stores.lake));
}

/** Lists all copies in a digest, and removes nothing of them. */
async function seal(ledger: Ledger): Promise<void> {
  await daily(changeLedger(ledger, { work: { archiving: { ...ledger.work.archiving, purge: "dry_run" } } }));
}

async function purge(ledger: Ledger): Promise<void> {
  const state = await loadLedgerState(ledger.stores.lake);
  const now = ledger.work.clock();
  await purgeArchive(ledger, state, await planPurge(ledger, state, now), { by: "kim", now });
}

function retaining(erasing: Erasing, retention: readonly RetentionRule[], changes: LedgerChanges = {}): Ledger {
  return erasing.ledger({ rules: { allocation: TEAMS }, work: { archiving: { ...ARCHIVING, retention, purge: "apply" } } }, changes);
}

async function owedBy({ place }: Erasing): Promise<unknown> {
  return await query(`SELECT team, sum(cost_usd)::VARCHAR AS cost, sum(requests)::INTEGER AS requests FROM read_parquet('${place}/allocations/*/*.parquet') GROUP BY ALL ORDER BY ALL`);
}

async function usageOf({ place }: Erasing): Promise<unknown> {
  return await query(`SELECT * FROM read_parquet('${place}/usage/*/*.parquet', hive_partitioning = false) ORDER BY ts, record_id`);
}

describe("an erasure of what is locked", () => {
  test("is finished by the daily job when lock and hold are over; then bodies expire, records, and all; nothing is ever wrong", async () => {
    const erasing = await ledgerOfTwo();
    let now = new Date("2026-10-31T12:00:00Z");
    const archive = new LockingStore(erasing.lake, () => now);
    const rules = [rule("bodies", "60 days"), rule("records", "70 days", { teams: ["web"] }), rule("records", "80 days")];
    const settings = retaining(erasing, rules, { stores: { archive }, work: { clock: () => now } });
    const open = async (): Promise<Ledger> => (changeLedger(settings, { rules: { allocation: { ...TEAMS, pseudonymOf: await findErasedCallers(erasing.lake, ["prod"], ARCHIVING) } } }));
    await runOnce(settings);
    const [first = "", second = "", third = ""] = await keysOf(erasing.lake, "archive/prod/2026/");
    const until = new Date("2026-11-10T00:00:00Z");
    for (const key of [first, second, third]) archive.protections.set(key, { retention: { mode: "COMPLIANCE", until }, legalHold: false });
    const [sums, owed] = [await sumsOf(erasing), await owedBy(erasing)];
    /** One day: tables, then the daily job; nothing is wrong afterwards, and everybody owes what they owed. */
    const day = async (date: string): Promise<CheckedArchive> => {
      now = new Date(`${date}T12:00:00Z`);
      const ledger = await open();
      await runOnce(ledger);
      const checked = await daily(ledger);
      expect(await findings(ledger)).toEqual([]);
      expect([await sumsOf(erasing), await owedBy(erasing)]).toEqual([sums, owed]);
      return checked;
    };
    await day("2026-10-31");
    expect((await erasing.erase({}, await open())).exports.map(({ copy }) => copy)).toEqual(["locked", "locked"]);
    expect(await day("2026-11-01")).toMatchObject({ erasures: { reduced: 0, kept_back: 2 } });

    const selection = { instance: null, caller: null, session: "ses-1", from: null, to: null };
    await addHold(await open(), { id: "hold-1", selection, ...WHO, at: "2026-11-05T00:00:00Z" });
    expect(await day("2026-11-12")).toMatchObject({ erasures: { reduced: 0, kept_back: 2 } });
    await releaseHold(await open(), { id: "hold-1", ...WHO, at: "2026-11-13T00:00:00Z" });
    expect(await day("2026-11-14")).toMatchObject({ erasures: { reduced: 2, kept_back: 0 } });
    expect(await day("2026-11-15")).not.toHaveProperty("erasures");
    expect(await namesAlice(erasing)).toEqual([]);

    expect(await day("2026-12-10")).toMatchObject({ retention: { reduced: 3 } });
    expect(await day("2026-12-18")).toMatchObject({ retention: { reduced: 2, purged: 0 } });
    expect(await day("2026-12-30")).toMatchObject({ retention: { purged: 3 } });
    expect(await keysOf(erasing.lake, "archive/prod/2026/")).toEqual([]);
    expect((await day("2026-12-31")).without_copy).toEqual([]);
  });

  test("on S3 is refused by the store until then, and leaves one version", async () => {
    const erasing = await ledgerOfTwo();
    const { store: archive, place, versionsOf } = await lockedPlace();
    const ledger = erasing.ledger({ stores: { archive }, work: { clock: () => new Date() } });
    await runOnce(ledger);
    const [first = "", second = ""] = await keysOf(archive, "archive/prod/2026/");
    const until = inSeconds(8);
    for (const key of [first, second]) {
      await place.client.send(new PutObjectRetentionCommand({ Bucket: place.bucket, Key: `${place.prefix}/${key}`, Retention: { Mode: "COMPLIANCE", RetainUntilDate: until } }));
    }
    expect((await erasing.erase({}, ledger)).exports.map(({ copy }) => copy)).toEqual(["locked", "locked"]);
    expect(await daily(ledger)).toMatchObject({ erasures: { reduced: 0, kept_back: 2 } });
    expect(await findings(ledger)).toEqual([]);
    while (Date.now() < until.getTime() + 1000) await sleep(200);
    expect(await daily(ledger)).toMatchObject({ erasures: { reduced: 2, kept_back: 0 } });
    await runOnce(ledger);
    for (const key of [first, second]) expect(await versionsOf(key)).toHaveLength(1);
    expect(await findings(ledger)).toEqual([]);
    vi.unstubAllEnvs();
  });
});

describe("an erasure that ended half way", () => {
  test.each(["archive/prod/2026/", "_ledger/exports/"])("before it wrote to %s is finished by run and the daily job alone", async (place) => {
    const erasing = await ledgerOfTwo();
    const ledger = retaining(erasing, []);
    await daily(ledger);
    const before = await sumsOf(erasing);
    const stopping: ObjectStore = new HookedStore(erasing.lake, (operation, key) => {
      if (operation === "replace" && key.startsWith(place)) throw new Error("ended");
    });
    await expect(erasing.erase({}, changeLedger(ledger, { stores: { lake: stopping, archive: stopping } }))).rejects.toThrow("ended");
    await runOnce(ledger);
    const later = changeLedger(ledger, { work: { clock: () => new Date("2026-11-01T12:00:00Z") } });
    await daily(later);
    await runOnce(later);
    expect(await namesAlice(erasing)).toEqual([]);
    expect(await sumsOf(erasing)).toEqual(before);
    expect(await findings(later)).toEqual([]);
    expect((await eventsOf(erasing.lake)).filter(({ kind }) => kind === "reduction")).toHaveLength(2);
  });

  test.each(["is read under other settings", "comes again"])("an expiry that ended before its manifest costs no row when the export %s", async (what) => {
    const erasing = await ledgerOfTwo();
    const ledger = retaining(erasing, [rule("records", "7 days", { teams: ["ops"] })]);
    await seal(ledger);
    const before = await sumsOf(erasing);
    const first = nameOf(0).replace(".cbor.zstd", "");
    const stopping = new HookedStore(erasing.lake, (operation, key) => {
      if (operation === "replace" && key === layout.exportManifest("prod", first)) throw new Error("ended");
    });
    await expect(purge(changeLedger(ledger, { stores: { lake: stopping, archive: stopping } }))).rejects.toThrow("ended");
    const source = join(erasing.source, nameOf(0));
    if (what === "comes again") writeFileSync(source, readFileSync(source));
    const others = { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map([...DIMENSIONS, ["other", "X-Other"]]) }) };
    await runOnce(what === "comes again" ? ledger : changeLedger(ledger, { rules: others }));
    expect([...(await loadLedgerState(erasing.lake)).exports.values()][0]?.copy).toBe("partial");
    expect(await sumsOf(erasing)).toEqual(before);
    await daily(ledger);
    expect(await sumsOf(erasing)).toEqual(before);
    expect(await findings(ledger)).toEqual([]);
  });
});

describe("where retention took of the copies", () => {
  test.each([
    ["some records", [rule("records", "7 days", { teams: ["ops"] })]],
    ["all", [rule("records", "7 days")]],
  ])("%s, an erasure reaches what was derived of them all the same", async (_what, rules) => {
    const [erasing, plain] = [await ledgerOfTwo(), await ledgerOfTwo()];
    const ledger = retaining(erasing, rules);
    await seal(ledger);
    await daily(ledger);
    expect((await keysOf(erasing.lake, "archive/prod/2026/")).length).toBeLessThan(3);
    const before = await sumsOf(erasing);
    await erasing.erase({}, ledger);
    expect((await runOnce(ledger)).exports.ingested).toBe(2);
    expect((await runOnce(ledger)).exports.ingested).toBe(0);
    expect(await namesAlice(erasing)).toEqual([]);
    expect(await sumsOf(erasing)).toEqual(before);
    // As if it had been erased before anything expired.
    await plain.erase();
    await plain.run();
    expect(await usageOf(erasing)).toEqual(await usageOf(plain));
    const later = changeLedger(ledger, { work: { clock: () => new Date("2026-11-01T12:00:00Z") } });
    await daily(later);
    expect(await findings(later)).toEqual([]);
  });

  test("rows are rewritten anew where a run ended before it told of them", async () => {
    const erasing = await ledgerOfTwo();
    const ledger = retaining(erasing, [rule("records", "7 days")]);
    await seal(ledger);
    await daily(ledger);
    expect(await keysOf(erasing.lake, "archive/prod/2026/")).toEqual([]);
    await erasing.erase({}, ledger);
    const stopping = new HookedStore(erasing.lake, (operation, key) => {
      if (operation === "replace" && key.startsWith("_ledger/exports/")) throw new Error("ended");
    });
    await runOnce(changeLedger(ledger, { stores: { lake: stopping, archive: stopping } })).catch(() => undefined);
    await runOnce(ledger);
    expect(await namesAlice(erasing)).toEqual([]);
    expect((await runOnce(ledger)).exports.ingested).toBe(0);
  });

  test("a run that had meant to read a copy leaves its rows and ids as they were", async () => {
    const erasing = await ledgerOfTwo();
    const ledger = retaining(erasing, [rule("records", "7 days", { teams: ["ops"] })]);
    await seal(ledger);
    const other = changeLedger(ledger, { rules: { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map([...DIMENSIONS, ["other", "X-Other"]]) }) } });
    const { tasks } = await pullExports(other, await loadLedgerState(erasing.lake));
    const landed = await tableDigests(erasing.lake, ["landing/"]);
    await purge(ledger);
    const ids = async (): Promise<unknown> => [...(await loadLedgerState(erasing.lake)).exports.values()].map(({ record_ids }) => record_ids);
    const before = await ids();
    for (const task of tasks) await ingestExport(task, other);
    expect(await ids()).toEqual(before);
    expect(await tableDigests(erasing.lake, ["landing/"])).toEqual(landed);
  });
});

test("a hold that names the login is about what lies under the pseudonym, and the other way round", async () => {
  const erasing = await ledgerOfTwo();
  const ledger = retaining(erasing, [rule("records", "7 days")]);
  await seal(ledger);
  const { pseudonym } = await erasing.erase({}, ledger);
  await runOnce(ledger);
  for (const caller of [ALICE.toLowerCase(), pseudonym]) {
    const state = await loadLedgerState(erasing.lake);
    const selection = { instance: null, caller, session: null, from: null, to: null };
    expect(await addHold(ledger, { id: `hold-${caller}`, selection, ...WHO, at: "2026-10-31T12:30:00Z" })).toMatchObject({ copies: 2 });
    const { keptBack, purges } = await planPurge(ledger, state, ledger.work.clock());
    expect([keptBack.length, purges.length]).toEqual([2, 1]);
    await releaseHold(ledger, { id: `hold-${caller}`, ...WHO, at: "2026-10-31T12:40:00Z" });
  }
});

test("a lock is as long as a copy's own where an erasure makes it anew", async () => {
  const retain = parseDuration("1 year");
  if (retain === undefined) throw new Error("no duration");
  const erasing = await ledgerOfTwo();
  const archive = new LockingStore(erasing.lake, () => new Date("2026-10-31T12:00:00Z"));
  await erasing.erase({}, erasing.ledger({ stores: { archive }, work: { archiving: { ...ARCHIVING, lock: { mode: "GOVERNANCE", retain } } } }));
  const [first = ""] = await keysOf(erasing.lake, "archive/prod/2026/");
  expect(archive.protections.get(first)?.retention?.until.getUTCFullYear()).toBe(2027);
});

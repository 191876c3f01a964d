import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { kindOfArchived } from "../../src/lake/layout.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import { addDays, daysBetween, dayOf } from "../../src/ledger/days.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { eventsOf, rule } from "../archive/retained-archive.ts";
import { keysOf } from "../keys-of.ts";
import { newKey } from "../archive/sign-now.ts";
import { digestOf, found } from "../archive/verifying.ts";
import { type LockedPlace, lockedPlace } from "../contract/locked-place.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { copyOf, ExportingGateway } from "./archived-days.ts";
import { ANN, BOB, CI } from "./two-months.ts";

/** Servers refuse locks that are over, by their own clock. */
const LAST = dayOf(new Date(), "UTC");
const DAYS = daysBetween(addDays(LAST, -4), addDays(LAST, 1));
const retain = parseDuration("20 days");

describe("five days in a bucket with Object Lock", () => {
  const KEYS = [newKey(), newKey()] as const;
  let locked: LockedPlace;
  let lake: FsStore;

  beforeEach(async () => {
    locked = await lockedPlace();
    lake = new FsStore(temporaryFolder());
    const gateway = new ExportingGateway("prod", temporaryFolder());
    let signingKey = KEYS[0];
    for (const [index, date] of DAYS.entries()) {
      gateway.export(date, gateway.record(date, [ANN, BOB, CI]));
      const now = new Date(`${date}T23:30:00Z`);
      const ledger = (): Ledger =>
        testLedger(new FsStore(gateway.source), lake, {
          stores: { archive: locked.store },
          work: { archiving: { ...PLAIN_ARCHIVE, lock: retain && { mode: "GOVERNANCE", retain }, signingKey, retention: [rule("bodies", "2 days")], purge: "apply" }, clock: () => now },
        });
      if (index === 1) {
        await rotateKey(ledger(), KEYS[1], { by: ANN, now, id: "r1" });
        signingKey = KEYS[1];
      }
      await runOnce(ledger());
      if (index === 3) {
        const selection = { instance: "prod", caller: null, session: null, from: null, to: null };
        await addHold(ledger(), { id: "h1", selection, reason: "case 7", by: ANN, at: now.toISOString() });
      }
      await retentionArchive(ledger(), await loadLedgerState(lake));
    }
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const verify = async (): Promise<string[]> => {
    const nobody = { begin: () => undefined, step: () => undefined };
    return found(await verifyArchive({ archive: locked.store, lake, publicKey: KEYS[0].publicKey, sample: undefined, head: undefined, instance: undefined, now: new Date(`${addDays(LAST, 1)}T06:00:00Z`), progress: nobody }));
  };
  const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: locked.place.bucket, Key: `${locked.place.prefix}/${key}` });
  /** Takes away the versions that were put over the first one. */
  const undo = async (key: string): Promise<void> => {
    const { Versions = [], DeleteMarkers = [] } = await locked.place.client.send(new ListObjectVersionsCommand({ Bucket: locked.place.bucket, Prefix: at(key).Key }));
    const newer = [...DeleteMarkers, ...Versions.slice(0, Versions.length - 1)];
    // A bypass lifts retention and no legal hold.
    for (const { VersionId } of Versions.slice(0, Versions.length - 1)) await locked.place.client.send(new PutObjectLegalHoldCommand({ ...at(key), VersionId, LegalHold: { Status: "OFF" } }));
    for (const { VersionId } of newer) await locked.place.client.send(new DeleteObjectCommand({ ...at(key), VersionId, BypassGovernanceRetention: true }));
  };

  test("every object is locked, nothing is found, and what is done to locked objects is found and named", async () => {
    const keys = await keysOf(locked.store, "archive/");
    expect(Object.fromEntries([...Map.groupBy(keys, (key) => kindOfArchived(key).kind)].map(([kind, all]) => [kind, all.length]))).toEqual({ export: 5, receipt: 5, digest: 5, event: 2 });
    for (const key of keys) {
      const { retention, legalHold } = await locked.locks.protectionOf(key);
      expect(retention, key).toMatchObject({ mode: "GOVERNANCE" });
      expect(retention?.until.getTime(), key).toBeGreaterThan(Date.now() + 14 * 86_400_000);
      expect(legalHold, key).toBe(kindOfArchived(key).kind === "export");
      await expect(locked.locks.erase(key)).rejects.toMatchObject({ code: "object_locked" });
    }
    expect(await eventsOf(locked.store, "reduction")).toEqual([]);
    expect(await verify()).toEqual([]);

    const { client } = locked.place;
    const copies = DAYS.map((date) => copyOf("prod", date));
    const [first = "", second = "", third = ""] = copies;
    const protectedAs = { ObjectLockMode: "GOVERNANCE" as const, ObjectLockRetainUntilDate: new Date(Date.now() + 30 * 86_400_000), ObjectLockLegalHoldStatus: "ON" as const };

    await client.send(new PutObjectCommand({ ...at(second), Body: Buffer.from("other bytes"), ...protectedAs }));
    expect(await verify()).toEqual([`altered ${second}`]);
    await client.send(new PutObjectCommand({ ...at(second), Body: Buffer.from("bytes that nothing locks") }));
    expect(await verify()).toEqual([`altered ${second}`, `retention_shortened ${second}`]);
    await client.send(new DeleteObjectCommand(at(third)));
    expect(await verify()).toEqual([`altered ${second}`, `retention_shortened ${second}`, `deleted ${third}`]);
    await undo(third);
    await undo(second);
    expect(await verify()).toEqual([]);

    await client.send(new PutObjectCommand({ ...at(second), Body: await locked.store.read(first), ...protectedAs }));
    const [older, newer] = [digestOf(DAYS[1] ?? ""), digestOf(DAYS[3] ?? "")];
    await client.send(new PutObjectCommand({ ...at(newer), Body: await locked.store.read(older) }));
    expect(await verify()).toEqual([`replaced_by_older ${second}`, `replaced_by_older ${newer}`]);
    await client.send(new PutObjectRetentionCommand({ ...at(first), Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 3_600_000) }, BypassGovernanceRetention: true }));
    expect(await verify()).toEqual([`retention_shortened ${first}`, `replaced_by_older ${second}`, `replaced_by_older ${newer}`]);
  });
});

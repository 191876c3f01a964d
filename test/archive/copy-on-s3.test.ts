import { PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand } from "@aws-sdk/client-s3";
import { afterEach, expect, test, vi } from "vitest";
import { compareReplica } from "../../src/archive/compare-replica.ts";
import { copyArchive } from "../../src/archive/copy-archive.ts";
import { inSeconds, lockedPlace, locksOf, retentionAt } from "../contract/locked-place.ts";
import { SealedArchive } from "./sealed-archive.ts";
import { exportOf, FIRST } from "./verifying.ts";

afterEach(() => void vi.unstubAllEnvs());

const silent = { begin: () => undefined, step: () => undefined };

test("a copy in another bucket is locked and held as the archive is, and a lock that ends sooner there is one finding", async () => {
  const [from, to] = [await lockedPlace(), await lockedPlace()];
  const { bucket, prefix, client } = from.place;
  const until = inSeconds(7200);
  const retention = { mode: "GOVERNANCE" as const, until: until.toISOString() };
  const sealed = new SealedArchive(async (key, bytes, lock) => {
    const locked = lock === null ? {} : { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(lock.until) };
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: bytes, ...locked }));
  });
  await sealed.addDays(FIRST, 2, ["prod"], 1, { retention });
  const [first, second] = [exportOf(FIRST), exportOf("2026-09-02")];
  await client.send(new PutObjectLegalHoldCommand({ Bucket: bucket, Key: `${prefix}/${second}`, LegalHold: { Status: "ON" } }));

  const task = { publicKey: sealed.key.publicKey, instance: undefined, progress: silent };
  const now = new Date("2026-09-03T06:00:00Z");
  const { copied, verification } = await copyArchive({ ...task, source: from.store, target: to.store, roots: undefined, lock: undefined, isDry: false, now, pause: () => Promise.resolve() });
  expect(copied.objects).toBe(6);
  expect(verification?.findings).toEqual([]);
  const there = to.place;
  expect(await retentionAt(there, `${there.prefix}/${first}`)).toEqual({ mode: "GOVERNANCE", until });
  expect(await locksOf(to.store).protectionOf(second)).toEqual({ retention: { mode: "GOVERNANCE", until }, legalHold: true });

  await there.client.send(new PutObjectRetentionCommand({ Bucket: there.bucket, Key: `${there.prefix}/${first}`, Retention: { Mode: "GOVERNANCE", RetainUntilDate: inSeconds(3600) }, BypassGovernanceRetention: true }));
  await locksOf(to.store).setLegalHold(second, false);
  const { findings, replica } = await compareReplica({ ...task, archive: from.store, replica: to.store, sample: null, now: inSeconds(1800) });
  expect(replica).toMatchObject({ objects: 6, hashed: 6, locks: 6, differences: [{ code: "replica_unlocked", objects: 2, keys: [first, second] }] });
  expect(findings).toHaveLength(1);
  for (const { place } of [from, to]) place.client.destroy();
});

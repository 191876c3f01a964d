import { zstdCompressSync } from "node:zlib";
import { DeleteObjectCommand, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand } from "@aws-sdk/client-s3";
import { encode } from "cborg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import type { RetentionPromise } from "../../src/archive/copies/receipt.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { recordOf } from "./archived-records.ts";
import { SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { exportOf, FIRST, found } from "./verifying.ts";

let place: FreshS3;

beforeEach(async () => {
  place = await freshS3(SHARED_S3, { objectLock: true });
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
});

afterEach(() => {
  place.client.destroy();
  vi.unstubAllEnvs();
});

const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: place.bucket, Key: `${place.prefix}/${key}` });

async function putLocked(key: string, bytes: Uint8Array, retention: RetentionPromise | null): Promise<void> {
  const lock = retention === null ? {} : { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: new Date(retention.until) };
  await place.client.send(new PutObjectCommand({ ...at(key), Body: bytes, ...lock }));
}

type Fill = (sealed: SealedArchive, retention: RetentionPromise) => Promise<void>;
const threeDays: Fill = async (sealed, retention) => await sealed.addDays(FIRST, 3, ["prod"], 1, { retention });

async function lockedArchive(mode: "GOVERNANCE" | "COMPLIANCE", fill = threeDays): Promise<{ sealed: SealedArchive; look: () => Promise<string[]> }> {
  const sealed = new SealedArchive(putLocked, newKey());
  await fill(sealed, { mode, until: new Date(Date.now() + 3_600_000).toISOString() });
  const archive = await openStore(place.location);
  const task = { archive, lake: undefined, publicKey: sealed.key.publicKey, sample: undefined, head: undefined, instance: undefined, progress: { begin: () => undefined, step: () => undefined } };
  return { sealed, look: async () => found(await verifyArchive({ ...task, now: new Date("2026-09-04T06:00:00Z") })) };
}

test("retention that a governor shortened is found and named; retention that was prolonged is not", async () => {
  const { look } = await lockedArchive("GOVERNANCE");
  expect(await look()).toEqual([]);
  const [shortened, prolonged] = [exportOf("2026-09-02"), exportOf("2026-09-03")];
  await place.client.send(new PutObjectRetentionCommand({ ...at(shortened), Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 1_800_000) }, BypassGovernanceRetention: true }));
  await place.client.send(new PutObjectRetentionCommand({ ...at(prolonged), Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 7_200_000) } }));
  expect(await look()).toEqual([`retention_shortened ${shortened}`]);
});

test("a copy that was put over a locked one is found although it bears the same bytes without the lock, or other bytes with it", async () => {
  const { sealed, look } = await lockedArchive("COMPLIANCE");
  const [unlocked, altered] = [exportOf("2026-09-01"), exportOf("2026-09-02")];
  await putLocked(unlocked, Buffer.from(`what prod exported as export-0 on 2026-09-01`), null);
  await putLocked(altered, Buffer.from("something else"), sealed.heads.get("prod")!.digest.exports[0]!.retention);
  expect(await look()).toEqual([`retention_shortened ${unlocked}`, `altered ${altered}`]);
});

/** A receipt with its copy, as whoever can write the bucket makes them. */
async function putWithReceipt(key: string, bytes: Buffer, signer: SigningKey | undefined): Promise<void> {
  const kept = { size: bytes.byteLength, sha256: sha256Hex(bytes) };
  const header = { format: 1, instance: "prod", key, received_at: "2026-09-03T23:30:00.000Z", arrived: kept, kept, bodies: "keep", damage: null, retention: null };
  await putLocked(key, bytes, null);
  await putLocked(archiveLayout.receipt(key), canonicalBytes(await signHeader(header, signer)), null);
}

test("a copy put over a locked one that no digest lists yet is found, also when a receipt of the true key denies the lock", async () => {
  const { sealed, look } = await lockedArchive("COMPLIANCE");
  const retention = { mode: "COMPLIANCE" as const, until: new Date(Date.now() + 3_600_000).toISOString() };
  const key = await sealed.addExport("prod", "2026-09-04", "export-0", { retention, receivedAt: "2026-09-03T23:30:00.000Z" });
  expect(await look()).toEqual([]);
  await putWithReceipt(key, Buffer.from("what never arrived"), sealed.key);
  expect(await look()).toEqual([`locked_overwritten ${key}`]);
});

test("a copy put over a locked one is found when a digest lists it since, and its receipt denies the lock", async () => {
  const { sealed, look } = await lockedArchive("COMPLIANCE");
  const key = exportOf("2026-09-04");
  await putLocked(key, Buffer.from("what arrived"), { mode: "COMPLIANCE", until: new Date(Date.now() + 3_600_000).toISOString() });
  await sealed.addExport("prod", "2026-09-04", "export-0", { bytes: Buffer.from("what never arrived") });
  await sealed.seal("2026-09-04", ["prod"]);
  expect(await look()).toEqual([`locked_overwritten ${key}`]);
});

test("an unlisted copy and its receipt that delete markers hide are found where they are locked", async () => {
  const { sealed, look } = await lockedArchive("COMPLIANCE");
  const retention = { mode: "COMPLIANCE" as const, until: new Date(Date.now() + 3_600_000).toISOString() };
  const key = await sealed.addExport("prod", "2026-09-04", "export-0", { retention });
  for (const hidden of [key, archiveLayout.receipt(key)]) await place.client.send(new DeleteObjectCommand(at(hidden)));
  expect(await look()).toEqual([`locked_overwritten ${key}`]);
});

test("the same bytes put over a locked copy that nobody lists yet are no finding: a copy was restored", async () => {
  const { sealed, look } = await lockedArchive("COMPLIANCE");
  const bytes = Buffer.from("what arrived");
  const retention = { mode: "COMPLIANCE" as const, until: new Date(Date.now() + 3_600_000).toISOString() };
  const key = await sealed.addExport("prod", "2026-09-04", "export-0", { bytes, retention, receivedAt: "2026-09-03T23:30:00.000Z" });
  await putLocked(key, bytes, retention);
  expect(await look()).toEqual([]);
});

test("an object that a delete marker hides counts as deleted", async () => {
  const { look } = await lockedArchive("COMPLIANCE");
  await place.client.send(new DeleteObjectCommand(at(exportOf("2026-09-02"))));
  expect(await look()).toEqual([`deleted ${exportOf("2026-09-02")}`]);
});

test("a hold on a whole gateway whose flag was taken off an object is found and named", async () => {
  const { sealed, look } = await lockedArchive("GOVERNANCE");
  const selection = { instance: "prod", caller: null, session: null, from: null, to: null };
  await sealed.addEvent({ format: 1, kind: "hold", id: "h1", hold: "h1", instance: "prod", at: "2026-09-03T23:30:00.000Z", by: "ann@example.com", selection, reason: "case 12" });
  await sealed.seal("2026-09-04", ["prod"]);
  const held = [FIRST, "2026-09-02", "2026-09-03"].map((date) => exportOf(date));
  for (const key of held) await place.client.send(new PutObjectLegalHoldCommand({ ...at(key), LegalHold: { Status: "ON" } }));
  expect(await look()).toEqual([]);
  await place.client.send(new PutObjectLegalHoldCommand({ ...at(exportOf("2026-09-02")), LegalHold: { Status: "OFF" } }));
  expect(await look()).toEqual([`legal_hold_missing ${exportOf("2026-09-02")}`]);
});

test("a legal hold taken off an object whose records a hold on a caller covers is found and named", async () => {
  const nameOf = (date: string): string => `ts-aperture-export-${String(Date.parse(`${date}T09:00:00Z`) / 1000)}`;
  const callers = { [FIRST]: "ann@example.com", "2026-09-02": "bob@example.com" };
  const { sealed, look } = await lockedArchive("GOVERNANCE", async (archive) => {
    for (const [date, login] of Object.entries(callers)) {
      await archive.addExport("prod", date, nameOf(date), { bytes: zstdCompressSync(encode(recordOf(1, login, { timestamp: `${date}T08:00:00Z` }))) });
      await archive.seal(date, ["prod"]);
    }
  });
  const selection = { instance: null, caller: "ann@example.com", session: null, from: null, to: null };
  await sealed.addEvent({ format: 1, kind: "hold", id: "h1", hold: "h1", instance: "prod", at: "2026-09-02T23:30:00.000Z", by: "kim@example.com", selection, reason: "case 12" });
  await sealed.seal("2026-09-03", ["prod"]);
  const held = exportOf(FIRST, nameOf(FIRST));
  await place.client.send(new PutObjectLegalHoldCommand({ ...at(held), LegalHold: { Status: "ON" } }));
  expect(await look()).toEqual([]);
  await place.client.send(new PutObjectLegalHoldCommand({ ...at(held), LegalHold: { Status: "OFF" } }));
  expect(await look()).toEqual([`legal_hold_missing ${held}`]);
});

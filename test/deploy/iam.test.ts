import { randomUUID } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LockRule } from "../../src/archive/copies/create-locked.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { copyArchive } from "../../src/archive/copy-archive.ts";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { findClockDoubt } from "../../src/archive/timekeeping/find-clock-doubt.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { findInSource, findInStore } from "../../src/cli/doctor/doctor-stores.ts";
import { jsonBytes } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { copiesOf } from "../archived-copies.ts";
import { KEY, purgeAt, rule } from "../archive/retained-archive.ts";
import { SealedArchive } from "../archive/sealed-archive.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { testLedger } from "../test-ledger.ts";
import { actionsOf, isOfBuckets, policyNames, statementsOf, withoutThose } from "./iam-policies.ts";
import { allow, exportTo, limitClients, type LimitedPlace, limitedPlace } from "./recorded-s3.ts";

const NOW = new Date();
const DAY = 86_400_000;
const ago = (days: number): string => new Date(NOW.getTime() - days * DAY).toISOString();
/** One that is kept, and one that no record can have, so that there is a quarantine file; and one that no rule and no lock has ended for. */
const REQUESTS = [...[3, -1].map((dollars) => ({ by: "ann@example.com", at: ago(40), dollars })), { by: "bob@example.com", at: ago(2), dollars: 2 }];

interface Places {
  source: LimitedPlace;
  lake: LimitedPlace;
  archive: LimitedPlace;
}

/** A ledger whose archive has these policies, and what `run`, `doctor` and the daily job of the archive do with it. */
async function atWork(policies: readonly string[], lock?: LockRule): Promise<{ places: Places; ledger: Ledger }> {
  const places = { source: await limitedPlace(statementsOf("source")), lake: await limitedPlace(statementsOf("lake")), archive: await limitedPlace(statementsOf(...policies), { objectLock: lock !== undefined }) };
  const { source, lake, archive } = places;
  await exportTo(source, ...REQUESTS);
  const archiving = { ...PLAIN_ARCHIVE, signingKey: KEY, erasureKey: Buffer.from("a secret of this test"), retention: [rule("records", "30 days")], lock };
  const ledger = testLedger(source.store, lake.store, { stores: { archive: archive.store }, work: { archiving, clock: () => NOW } });
  await runOnce(ledger);
  const state = await loadLedgerState(lake.store);
  expect(await findClockDoubt(ledger, state, NOW, "seal")).toBeUndefined();
  expect(await retentionArchive(ledger, state)).toMatchObject({ sealed: { exports: 2 } });
  expectNoDenied(places);
  expect(await findInSource("source", source.store.url, source.store)).toMatchObject({ state: "ok" });
  expect(await findInStore("lake", lake.store)).toMatchObject({ state: "ok" });
  // Without the right to see versions doctor only hides what it tried.
  expect(lake.denied()).toEqual(["s3:ListBucketVersions"]);
  return { places, ledger };
}

function expectNoDenied(places: Places): void {
  expect(Object.values(places).flatMap((place: LimitedPlace) => place.denied())).toEqual([]);
}

/** Her copy is neither locked nor on hold, and an alert names her. */
async function eraseAnn(ledger: Ledger): Promise<void> {
  const alert = { format: 1, kind: "anomaly", limit: "caller ann@example.com", period: ago(40).slice(0, 10), threshold: "5", title: "", lines: [], figures: {}, targets: [] };
  await ledger.stores.lake.create(layout.openAlert(alert), jsonBytes(alert));
  const { exports, alerts } = await eraseCaller(ledger, { login: "ann@example.com", reason: "request 17", by: "kim@example.com", apply: true }, randomUUID);
  expect({ copies: exports.map(({ copy }) => copy), alerts }).toEqual({ copies: ["reduced"], alerts: 1 });
}

function retain(text: string): LockRule["retain"] {
  const duration = parseDuration(text);
  if (duration === undefined) throw new Error(text);
  return duration;
}

beforeEach(limitClients);
afterEach(() => void vi.restoreAllMocks());

test("each policy is limited to a bucket and the ledger's prefix in it, and needs no multipart uploads and no bypass of locks", () => {
  const names = policyNames();
  expect(names).toEqual(["archive", "archive-locked", "holds", "lake", "purge", "source", "verify"]);
  for (const name of names) {
    for (const { Sid, Action } of statementsOf(name)) {
      expect(Action.filter((action) => /\*|Bypass|Multipart|Policy|Acl/.test(action))).toEqual([]);
      expect(Action.filter(isOfBuckets)).toEqual(Sid === "Bucket" ? Action : []);
    }
  }
});

test("source, lake, an archive without a lock, purging and erasing: each allows exactly what a ledger calls", async () => {
  const { places, ledger } = await atWork(["archive"]);
  const { source, lake, archive } = places;
  expect([source.used(), lake.used(), archive.used()]).toEqual(["source", "lake", "archive"].map((name) => actionsOf(name)));

  await allow(archive.place, statementsOf("archive", "purge"));
  await allow(lake.place, statementsOf("lake", "purge"));
  await eraseAnn(ledger);
  expect(withoutThose(lake.used(), "lake")).toEqual(actionsOf("purge"));
  expect(await purgeAt(ledger, NOW)).toMatchObject({ purged: 1 });
  expect(withoutThose(archive.used(), "archive")).toEqual(withoutThose(actionsOf("purge"), "archive"));
  expectNoDenied(places);
});

test("an archive with a lock, holds, erasing and an auditor: each allows exactly what its role calls", async () => {
  const { places, ledger } = await atWork(["archive-locked"], { mode: "GOVERNANCE", retain: retain("30 days") });
  const { archive, lake } = places;
  expect(archive.used()).toEqual(actionsOf("archive-locked"));
  expect(lake.used()).toEqual(actionsOf("lake"));

  await allow(archive.place, statementsOf("archive-locked", "holds"));
  await allow(lake.place, statementsOf("source"));
  const { id } = await addHold(ledger, { selection: { instance: null, caller: "ann@example.com", session: null, from: null, to: null }, reason: "case 7", by: "kim@example.com", at: NOW.toISOString() });
  await releaseHold(ledger, { id, reason: "settled", by: "kim@example.com", at: NOW.toISOString() });
  expect(withoutThose(archive.used(), "archive-locked")).toEqual(actionsOf("holds"));
  expect(lake.used()).toEqual(actionsOf("source"));

  await allow(archive.place, statementsOf("archive-locked", "purge"));
  await allow(lake.place, statementsOf("lake", "purge"));
  await eraseAnn(ledger);
  expect(withoutThose(archive.used(), "archive-locked")).toEqual(withoutThose(actionsOf("purge"), "archive-locked"));
  expect(withoutThose(lake.used(), "lake")).toEqual(actionsOf("purge"));

  await overwriteCopy(archive);
  await allow(archive.place, statementsOf("verify"));
  await allow(lake.place, statementsOf("source"));
  const progress = { begin: () => undefined, step: () => undefined };
  const { findings } = await verifyArchive({ archive: await archive.open(), lake: await lake.open(), publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: NOW, progress });
  expect(findings.map(({ code }) => code)).toContain("altered");
  expect(archive.used()).toEqual(actionsOf("verify"));
  expect(lake.used()).toEqual(actionsOf("source"));
  expectNoDenied(places);
});

test("a copy of an archive with locks and holds needs verify on the old one, and archive-locked, verify and holds on the new one", async () => {
  const from = await limitedPlace(statementsOf("verify"), { objectLock: true });
  const to = await limitedPlace(statementsOf("archive-locked", "verify", "holds"), { objectLock: true });
  const { bucket, prefix, client } = from.place;
  const sealed = new SealedArchive(async (key, bytes) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: bytes, ObjectLockLegalHoldStatus: "ON" }));
  });
  await sealed.addDays(new Date(NOW.getTime() - DAY).toISOString().slice(0, 10), 1, ["prod"], 1);
  const lock = { mode: "GOVERNANCE" as const, retain: retain("1 year") };
  const progress = { begin: () => undefined, step: () => undefined };
  const { verification } = await copyArchive({ source: from.store, target: to.store, publicKey: sealed.key.publicKey, roots: undefined, lock, instance: undefined, isDry: false, now: NOW, progress, pause: () => Promise.resolve() });
  expect(verification?.findings).toEqual([]);
  expect(withoutThose(from.used(), "verify")).toEqual([]);
  expect(withoutThose(to.used(), "archive-locked", "verify")).toEqual(actionsOf("holds"));
});

/** Somebody puts other bytes of the same size over a locked copy: the lock keeps the first version, and an auditor has to read both. */
async function overwriteCopy({ place: { bucket, prefix, client }, store }: LimitedPlace): Promise<void> {
  const copy = (await copiesOf(store)).at(-1) ?? "";
  const bytes = Buffer.from(await store.read(copy));
  bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${copy}`, Body: bytes }));
}

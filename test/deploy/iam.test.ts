import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import type { LockRule } from "../../src/archive/copies/create-locked.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { retentionArchive } from "../../src/archive/maintain-archive.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { findInSource, findInStore } from "../../src/cli/doctor/doctor-stores.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { copiesOf } from "../archived-copies.ts";
import { KEY, purgeAt, rule } from "../archive/retained-archive.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { ROOT } from "./compose-file.ts";
import { allow, limitClients, type LimitedPlace, limitedPlace, type Statement } from "./recorded-s3.ts";

const FOLDER = join(ROOT, "docs/iam");

const policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.discriminatedUnion("Sid", [
      z.strictObject({ Sid: z.literal("Bucket"), Effect: z.literal("Allow"), Action: z.array(z.string()), Resource: z.literal("arn:aws:s3:::BUCKET") }),
      z.strictObject({ Sid: z.literal("Objects"), Effect: z.literal("Allow"), Action: z.array(z.string()), Resource: z.literal("arn:aws:s3:::BUCKET/PREFIX/*") }),
    ]),
  ),
});

/** The statements of these policies. */
function statementsOf(...names: string[]): Statement[] {
  return names.flatMap((name) => policy.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))).Statement);
}

function actionsOf(...names: string[]): string[] {
  return statementsOf(...names).flatMap(({ Action }) => Action).sort();
}

const NOW = new Date();
const DAY = 86_400_000;
/** One that is kept, and one that no record can have, so that there is a quarantine file. */
const REQUESTS = [3, -1].map((dollars) => ({ by: "ann@example.com", at: new Date(NOW.getTime() - 40 * DAY).toISOString(), dollars }));
/** A source with exports that the gateway's exporter wrote, which is somebody else. */
async function sourceWithExports(): Promise<LimitedPlace> {
  const source = await limitedPlace(statementsOf("source"));
  const folder = temporaryFolder();
  writeRequests(folder, REQUESTS);
  const { bucket, prefix, client } = source.place;
  for (const name of readdirSync(folder)) await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body: readFileSync(join(folder, name)) }));
  return source;
}

interface Places {
  source: LimitedPlace;
  lake: LimitedPlace;
  archive: LimitedPlace;
}

/** A ledger whose archive has these policies, and what `run`, `doctor` and the daily job of the archive do with it. */
async function atWork(policies: readonly string[], lock?: LockRule): Promise<{ places: Places; ledger: Ledger }> {
  const places = { source: await sourceWithExports(), lake: await limitedPlace(statementsOf("lake")), archive: await limitedPlace(statementsOf(...policies), { objectLock: lock !== undefined }) };
  const { source, lake, archive } = places;
  const archiving = { ...PLAIN_ARCHIVE, signingKey: KEY, retention: [rule("records", "30 days")], lock };
  const ledger = testLedger(source.store, lake.store, { stores: { archive: archive.store }, work: { archiving, clock: () => NOW } });
  await runOnce(ledger);
  expect(await retentionArchive(ledger, await loadLedgerState(lake.store))).toMatchObject({ sealed: { exports: 1 } });
  expect(await findInSource("source", source.store.url, source.store)).toMatchObject({ state: "ok" });
  expect(await findInStore("lake", lake.store)).toMatchObject({ state: "ok" });
  return { places, ledger };
}

function retain(text: string): LockRule["retain"] {
  const duration = parseDuration(text);
  if (duration === undefined) throw new Error(text);
  return duration;
}

beforeEach(limitClients);
afterEach(() => void vi.restoreAllMocks());

test("each policy is limited to a bucket and the ledger's prefix in it, and needs no multipart uploads and no bypass of locks", () => {
  const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, "")).filter((name) => name !== "kms-sign");
  expect(names.sort()).toEqual(["archive", "archive-locked", "holds", "lake", "purge", "source", "verify"]);
  for (const name of names) {
    for (const { Sid, Action } of statementsOf(name)) {
      expect(Action.filter((action) => /\*|Bypass|Multipart|Policy|Acl/.test(action))).toEqual([]);
      expect(Action.filter((action) => /^s3:(?:ListBucket|GetBucket)/.test(action))).toEqual(Sid === "Bucket" ? Action : []);
    }
  }
});

test("source, lake, an archive without a lock, and purging: each allows exactly what a ledger calls", async () => {
  const { places: { source, lake, archive }, ledger } = await atWork(["archive"]);
  expect([source.used(), lake.used(), archive.used()]).toEqual(["source", "lake", "archive"].map((name) => actionsOf(name)));

  await allow(archive.place, statementsOf("archive", "purge"));
  await allow(lake.place, statementsOf("lake", "purge"));
  expect(await purgeAt(ledger, NOW)).toMatchObject({ purged: 1 });
  expect(withoutThose(archive.used(), "archive")).toEqual(withoutThose(actionsOf("purge"), "archive"));
  expect(withoutThose(lake.used(), "lake")).toEqual(actionsOf("purge"));
});

test("an archive with a lock, holds and an auditor: each allows exactly what its role calls", async () => {
  const { places: { archive, lake }, ledger } = await atWork(["archive-locked"], { mode: "GOVERNANCE", retain: retain("1 year") });
  expect(archive.used()).toEqual(actionsOf("archive-locked"));
  expect(lake.used()).toEqual(actionsOf("lake"));

  await allow(archive.place, statementsOf("archive-locked", "holds"));
  const { id } = await addHold(ledger, { selection: { instance: null, caller: "ann@example.com", session: null, from: null, to: null }, reason: "case 7", by: "kim@example.com", at: NOW.toISOString() });
  await releaseHold(ledger, { id, reason: "settled", by: "kim@example.com", at: NOW.toISOString() });
  expect(withoutThose(archive.used(), "archive-locked")).toEqual(actionsOf("holds"));

  await overwriteCopy(archive);
  await allow(archive.place, statementsOf("verify"));
  await allow(lake.place, statementsOf("source"));
  const progress = { begin: () => undefined, step: () => undefined };
  const { findings } = await verifyArchive({ archive: await archive.open(), lake: await lake.open(), publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: NOW, progress });
  expect(findings.map(({ code }) => code)).toContain("altered");
  expect(archive.used()).toEqual(actionsOf("verify"));
  expect(lake.used()).toEqual(actionsOf("source"));
});

/** Somebody puts other bytes of the same size over a locked copy: the lock keeps the first version, and an auditor has to read both. */
async function overwriteCopy({ place: { bucket, prefix, client }, store }: LimitedPlace): Promise<void> {
  const [copy = ""] = await copiesOf(store);
  const bytes = Buffer.from(await store.read(copy));
  bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${copy}`, Body: bytes }));
}

function withoutThose(actions: readonly string[], ...policies: string[]): string[] {
  const allowed = new Set(actionsOf(...policies));
  return actions.filter((action) => !allowed.has(action));
}

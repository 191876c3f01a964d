import {
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addHold } from "../../src/archive/add-hold.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "../../src/archive/purge-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { holdId } from "../../src/archive/retention/hold.ts";
import type { RetentionRule } from "../../src/archive/retention/retention-rule.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { callersIn, eventsOf, retainedLedger, rule } from "./retained-archive.ts";
import { copiesOf } from "../archived-copies.ts";

const WEB = { ...NO_TEAMS, teams: [{ name: "web", members: ["ann@example.com"] }] };
let place: FreshS3;

beforeEach(async () => {
  place = await freshS3(SHARED_S3, { objectLock: true });
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

/** One export of two requests, in a bucket with Object Lock. */
async function open(rules: readonly RetentionRule[]): Promise<{ ledger: Ledger; copy: string }> {
  const archive = await openStore({ ...place.location, url: `${place.location.url}/archive` });
  const requests = [{ by: "ann@example.com", at: "2025-03-05T08:00:00Z" }, { by: "bob@example.com", at: "2025-03-05T09:00:00Z" }];
  const ledger = await retainedLedger(requests, rules, { changes: { stores: { archive }, rules: { allocation: WEB } } });
  const [copy = ""] = await copiesOf(archive);
  return { ledger, copy };
}

async function purge(ledger: Ledger): Promise<PurgedArchive & { kept: string[] }> {
  const now = new Date();
  const state = await loadLedgerState(ledger.stores.lake);
  const plan = await planPurge(ledger, state, now);
  const done = await purgeArchive(ledger, state, plan, { by: "kim@example.com", now });
  return { ...done, kept: plan.keptBack.map(({ why }) => why) };
}

function at(copy: string): { Bucket: string; Key: string } {
  return { Bucket: place.bucket, Key: `${place.prefix}/archive/${copy}` };
}

async function versionsOf(copy: string): Promise<ObjectVersion[]> {
  const { Bucket, Key } = at(copy);
  const { Versions = [], DeleteMarkers = [] } = await place.client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
  return [...Versions, ...DeleteMarkers.map(({ VersionId }): ObjectVersion => ({ VersionId }))];
}

test("what is locked stays until the lock is over, then goes with all its versions", async () => {
  const { ledger, copy } = await open([rule("records", "90 days")]);
  const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 6000);
  await place.client.send(new PutObjectRetentionCommand({ ...at(copy), Retention: { Mode: "GOVERNANCE", RetainUntilDate: until } }));
  expect(await purge(ledger)).toMatchObject({ purged: 0, kept: [`locked until ${until.toISOString()}`] });
  expect(await eventsOf(ledger.stores.archive, "purge")).toEqual([]);

  while (Date.now() < until.getTime() + 1000) await sleep(200);
  // Another version below the current one goes as well.
  await ledger.stores.archive.replace(copy, await ledger.stores.archive.read(copy));
  expect(await purge(ledger)).toMatchObject({ purged: 1, kept: [] });
  expect(await versionsOf(copy)).toEqual([]);
});

test("what is on hold has its legal hold set, which refuses everybody, until it is released", async () => {
  const { ledger, copy } = await open([rule("records", "90 days")]);
  const wish = { selection: { instance: null, caller: "ann@example.com", session: null, from: null, to: null }, reason: "case 7", by: "kim@example.com", at: "2026-01-01T00:00:00.000Z" };
  const id = holdId(wish);
  expect(await addHold(ledger, { id, ...wish })).toMatchObject({ copies: 1 });
  const statusOf = async (): Promise<string | undefined> => (await place.client.send(new GetObjectLegalHoldCommand(at(copy)))).LegalHold?.Status;
  expect(await statusOf()).toBe("ON");
  expect((await purge(ledger)).kept).toHaveLength(1);
  const [version] = await versionsOf(copy);
  await expect(place.client.send(new DeleteObjectCommand({ ...at(copy), VersionId: version?.VersionId }))).rejects.toMatchObject({ name: "AccessDenied" });

  await releaseHold(ledger, { id, reason: "settled", by: "kim@example.com", at: "2026-01-02T00:00:00.000Z" });
  expect(await statusOf()).toBe("OFF");
  expect(await purge(ledger)).toMatchObject({ purged: 1, kept: [] });
  expect(await versionsOf(copy)).toEqual([]);
});

test("of a copy that became less no version tells what it was", async () => {
  const { ledger, copy } = await open([rule("records", "90 days", { teams: ["web"] })]);
  expect(await purge(ledger)).toMatchObject({ reduced: 1, left: [] });
  expect(await callersIn(ledger.stores.archive, copy)).toEqual(["bob@example.com"]);
  expect(await versionsOf(copy)).toHaveLength(1);
});

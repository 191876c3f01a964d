import { PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Retention } from "../../src/storage/object-locks.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { openS3Target } from "../../src/storage/s3/s3-client.ts";
import { S3Locks } from "../../src/storage/s3/s3-locks.ts";
import { parseLocation } from "../../src/storage/store-location.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ODD_KEYS } from "./keys.ts";
import { HOUR, inSeconds, lockedPlace, type LockedPlace, locksOf } from "./locked-place.ts";
import { limitedAccount } from "./limited-account.ts";
import { bytes, keys } from "./object-store.ts";
import { type Faults, type Proxy, startProxy } from "./s3-proxy.ts";

const NO_PROTECTION = { retention: undefined, legalHold: false };

/** Somebody who may do what a worker may that also purges, and sets holds. */
const account = await limitedAccount(["lake", "archive-locked", "holds", "purge"]);

let ground: LockedPlace;
let store: ObjectStore;
const proxies: Proxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function storeBehind(faults: Faults): Promise<ObjectStore> {
  const proxy = await startProxy(ground.place.location.endpoint, faults);
  proxies.push(proxy);
  return await openStore({ ...ground.place.location, endpoint: proxy.endpoint });
}

/** As a bucket of many versions lists them: a few on each page. */
async function withSmallPages(): Promise<S3Locks> {
  const location = parseLocation(ground.place.location);
  if (location.kind !== "s3") throw new Error("not in S3");
  return new S3Locks(await openS3Target(location), 2);
}

async function writeVersions(key: string, count: number): Promise<void> {
  for (let version = 1; version <= count; version += 1) await store.replace(key, bytes(`version ${String(version)}`));
}

const governed = (seconds: number): Retention => ({ mode: "GOVERNANCE", until: inSeconds(seconds) });

describe("a bucket with Object Lock", () => {
  beforeEach(async () => {
    ground = await lockedPlace(true, account);
    store = ground.store;
  });

  test("says so, and is asked once", async () => {
    let asked = 0;
    const behind = await storeBehind(({ url }) => void (asked += url.includes("?object-lock") ? 1 : 0));
    await behind.create("a", bytes("x"), governed(HOUR));
    await behind.create("b", bytes("x"), governed(HOUR));
    expect(await locksOf(behind).isEnabled()).toBe(true);
    expect(asked).toBe(1);
  });

  test("is asked again where it could not be asked", async () => {
    let refusals = 1;
    const behind = await storeBehind(({ url }) => (url.includes("?object-lock") && refusals-- > 0 ? { status: 403 } : undefined));
    await expect(locksOf(behind).isEnabled()).rejects.toMatchObject({ code: "storage_denied" });
    expect(await locksOf(behind).isEnabled()).toBe(true);
  });

  test.each(["create", "replace"] as const)("locks an object with the %s that writes it, to the second", async (write) => {
    const puts: string[] = [];
    const behind = await storeBehind(({ method, url }) => void (method === "PUT" && puts.push(url)));
    const until = inSeconds(HOUR);
    await behind[write]("key", bytes("x"), { mode: "COMPLIANCE", until: new Date(until.getTime() + 987) });
    expect(puts).toHaveLength(1);
    expect(await ground.locks.protectionOf("key")).toEqual({ retention: { mode: "COMPLIANCE", until }, legalHold: false });
    await store[write]("plain", bytes("x"));
    expect(await ground.locks.protectionOf("plain")).toEqual(NO_PROTECTION);
  });

  test("keeps the first lock when a create is tried again, or comes too late", async () => {
    const retention = governed(HOUR);
    let puts = 0;
    const behind = await storeBehind(({ method }) => (method === "PUT" && ++puts === 1 ? { lose: true } : undefined));
    expect(await behind.create("key", bytes("x"), retention)).toBeDefined();
    expect(await behind.create("key", bytes("x"), governed(2 * HOUR))).toBeUndefined();
    expect(await ground.locks.protectionOf("key")).toEqual({ retention, legalHold: false });
  });

  test("has one winner in a race of locked writes, whose bytes stay", async () => {
    for (let race = 0; race < 5; race += 1) {
      const key = `races/${String(race)}`;
      const written = await Promise.all(Array.from({ length: 8 }, (_, writer) => store.create(key, bytes(`writer ${String(writer)}`), governed(HOUR))));
      const winners = written.flatMap((entry, writer) => (entry === undefined ? [] : [{ entry, writer }]));
      expect(winners).toHaveLength(1);
      expect(Buffer.from(await store.read(key)).toString()).toBe(`writer ${String(winners[0]?.writer)}`);
      expect((await store.head(key))?.etag).toBe(winners[0]?.entry.etag);
      expect((await ground.locks.protectionOf(key)).retention).toBeDefined();
    }
  });

  test("hides what is removed, and keeps it", async () => {
    await store.create("key", bytes("x"), governed(HOUR));
    await store.remove("key");
    expect(await store.head("key")).toBeUndefined();
    expect(await keys(store, "")).toEqual([]);
    expect((await ground.versionsOf("key")).map(({ isMarker }) => isMarker)).toEqual([true, false]);
    await expect(ground.locks.protectionOf("key")).rejects.toMatchObject({ code: "object_missing" });
    expect(await store.create("key", bytes("again"))).toBeDefined();
  });

  test("lets no version go while one of them is locked, and says which object and until when", async () => {
    const { until } = governed(HOUR);
    await store.replace("key", bytes("locked"), { mode: "GOVERNANCE", until });
    await writeVersions("key", 2);
    await store.remove("key");
    await expect(ground.locks.erase("key")).rejects.toMatchObject({
      code: "object_locked",
      message: expect.stringMatching(new RegExp(`"key".*${until.toISOString()}.*GOVERNANCE`)) as string,
    });
    await expect(ground.locks.eraseEarlier("key")).rejects.toMatchObject({ code: "object_locked" });
    expect(await ground.versionsOf("key")).toHaveLength(4);
  });

  test("believes the server, not its own clock, that a lock is not over", async () => {
    await store.create("key", bytes("x"), governed(HOUR));
    let answers = 0;
    const past = (body: string): string => body.replace(/<RetainUntilDate>.*?</, "<RetainUntilDate>2020-01-01T00:00:00Z<");
    const behind = await storeBehind(({ url }) => (url.includes("retention") && ++answers === 1 ? { edit: past } : undefined));
    await expect(locksOf(behind).erase("key")).rejects.toMatchObject({ code: "object_locked" });
    expect(answers).toBe(2);
    expect(await ground.versionsOf("key")).toHaveLength(1);
  });

  test("erases everything once the lock is over", async () => {
    await store.create("key", bytes("x"), governed(3));
    await store.remove("key");
    await expect(ground.locks.erase("key")).rejects.toMatchObject({ code: "object_locked" });
    await vi.waitFor(() => ground.locks.erase("key"), { timeout: 120_000, interval: 250 });
    expect(await ground.versionsOf("key")).toEqual([]);
    await ground.locks.erase("key");
    await ground.locks.eraseEarlier("never/was");
  });

  test("holds an object until the hold is taken off", async () => {
    await store.create("key", bytes("x"));
    await ground.locks.setLegalHold("key", true);
    await ground.locks.setLegalHold("key", true);
    expect(await ground.locks.protectionOf("key")).toEqual({ retention: undefined, legalHold: true });
    await expect(ground.locks.erase("key")).rejects.toMatchObject({ code: "object_locked", message: expect.stringContaining("legal hold") as string });
    await ground.locks.setLegalHold("key", false);
    expect(await ground.locks.protectionOf("key")).toEqual(NO_PROTECTION);
    await ground.locks.erase("key");
    expect(await ground.versionsOf("key")).toEqual([]);
    await expect(ground.locks.setLegalHold("key", true)).rejects.toMatchObject({ code: "object_missing" });
  });

  test("erases the versions before the current one, which may be locked", async () => {
    await writeVersions("key", 3);
    await store.replace("key", bytes("kept"), governed(HOUR));
    await ground.locks.eraseEarlier("key");
    expect(await ground.versionsOf("key")).toHaveLength(1);
    expect(Buffer.from(await store.read("key")).toString()).toBe("kept");
  });

  test("erases more versions than a page lists, and none of another key", async () => {
    const locks = await withSmallPages();
    for (const key of ["key", "key-2", "key/below", "ke"]) await writeVersions(key, key === "key" ? 7 : 2);
    await store.remove("key");
    await writeVersions("key", 1);
    await locks.eraseEarlier("key");
    expect(Buffer.from(await store.read("key")).toString()).toBe("version 1");
    await writeVersions("key", 4);
    await locks.erase("key");
    expect(await store.head("key")).toBeUndefined();
    expect(await ground.versionsOf("")).toHaveLength(6);
  });

  test("erases nothing when the versions cannot be listed to their end", async () => {
    await writeVersions("key", 3);
    const once = (body: string): string => body.replace("<IsTruncated>false", "<IsTruncated>true").replace(/<NextVersionIdMarker>.*?<\/NextVersionIdMarker>/, "");
    const behind = await storeBehind(({ url }) => (/[?&]versions/.test(url) ? { edit: once } : undefined));
    await expect(locksOf(behind).erase("key")).rejects.toMatchObject({ code: "listing_incomplete" });
    expect(await ground.versionsOf("key")).toHaveLength(3);
  });

  test("erases odd keys, and only those", async () => {
    for (const key of ODD_KEYS) await writeVersions(key, 2);
    for (const key of ODD_KEYS.slice(1)) await ground.locks.erase(key);
    expect(await keys(store, "")).toEqual(ODD_KEYS.slice(0, 1));
    expect(await ground.versionsOf("")).toHaveLength(2);
  });
});

describe("a bucket without Object Lock", () => {
  beforeEach(async () => {
    ground = await lockedPlace(false, account);
    store = ground.store;
  });

  test("says so, and locks nothing", async () => {
    expect(await ground.locks.isEnabled()).toBe(false);
    const refused = { code: "storage_refused", remedy: expect.stringContaining("archive.lock") as string };
    await expect(store.create("key", bytes("x"), governed(HOUR))).rejects.toMatchObject(refused);
    await expect(store.replace("key", bytes("x"), governed(HOUR))).rejects.toMatchObject(refused);
    expect(await store.head("key")).toBeUndefined();
    await store.create("key", bytes("x"));
    await expect(ground.locks.setLegalHold("key", true)).rejects.toMatchObject(refused);
    expect(await ground.locks.protectionOf("key")).toEqual(NO_PROTECTION);
    await expect(ground.locks.protectionOf("missing")).rejects.toMatchObject({ code: "object_missing" });
  });

  test("erases what is there", async () => {
    await store.create("key", bytes("x"));
    await ground.locks.eraseEarlier("key");
    expect(await keys(store, "")).toEqual(["key"]);
    await ground.locks.erase("key");
    expect(await keys(store, "")).toEqual([]);
    await ground.locks.erase("key");
  });

  test("erases earlier versions too, where it keeps them", async () => {
    await ground.place.client.send(new PutBucketVersioningCommand({ Bucket: ground.place.bucket, VersioningConfiguration: { Status: "Enabled" } }));
    await writeVersions("key", 3);
    await ground.locks.eraseEarlier("key");
    expect(await ground.versionsOf("key")).toHaveLength(1);
    await store.remove("key");
    await ground.locks.erase("key");
    expect(await ground.versionsOf("key")).toEqual([]);
  });

  test("erases on a server that knows neither locks nor versions", async () => {
    const behind = await storeBehind(({ url }) => (/\?(?:object-lock|versions)|&versions/.test(url) ? { status: 501 } : undefined));
    expect(await locksOf(behind).isEnabled()).toBe(false);
    await behind.create("key", bytes("x"));
    await locksOf(behind).eraseEarlier("key");
    expect(await keys(store, "")).toEqual(["key"]);
    await locksOf(behind).erase("key");
    expect(await keys(store, "")).toEqual([]);
  });

  test("that is not there is said to be missing", async () => {
    const { location } = ground.place;
    const nowhere = locksOf(await openStore({ ...location, url: `${location.url.split("/some")[0] ?? ""}-not` }));
    await expect(nowhere.isEnabled()).rejects.toMatchObject({ code: "bucket_missing" });
    await expect(nowhere.erase("key")).rejects.toMatchObject({ code: "bucket_missing" });
  });
});

test("locks, holds and versions need all that the policies of docs/iam allow, and what the page says of other servers", () => expect(account.used()).toEqual(account.allowed));

test("files cannot be locked", async () => {
  const files = await openStore({ url: temporaryFolder() });
  expect(files.locks).toBeUndefined();
  const refused = { code: "storage_refused", remedy: expect.stringContaining("Object Lock") as string };
  await expect(files.create("key", bytes("x"), governed(HOUR))).rejects.toMatchObject(refused);
  await expect(files.replace("key", bytes("x"), governed(HOUR))).rejects.toMatchObject(refused);
  expect(await keys(files, "")).toEqual([]);
});

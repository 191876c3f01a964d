import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import pMap from "p-map";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import { openStore } from "../../src/storage/open-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { freePorts } from "../services/service-processes.ts";
import { freshS3, type FreshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { BRIEF } from "./effort.ts";
import { limitedAccount } from "./limited-account.ts";
import { bytes, describeObjectStore, keys } from "./object-store.ts";
import { startProxy, type Fault, type Faults, type Proxy } from "./s3-proxy.ts";

let place: FreshS3;
let proxies: Proxy[] = [];

async function freshPlace(options?: { objectLock: boolean }): Promise<FreshS3> {
  place = await freshS3(SHARED_S3, options);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  return place;
}

/** A store over the same objects, with a proxy before the server. */
async function storeBehind(faults: Faults): Promise<ObjectStore> {
  const proxy = await startProxy(place.location.endpoint, faults);
  proxies.push(proxy);
  return openStore({ ...place.location, endpoint: proxy.endpoint });
}

async function closeProxies(): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  proxies = [];
}

afterEach(closeProxies);

describe.each([{ objectLock: false }, { objectLock: true }])("with the policy lake.json, Object Lock: $objectLock", async ({ objectLock }) => {
  const account = await limitedAccount(["lake"], objectLock ? undefined : ["s3:GetBucketVersioning"]);

  describeObjectStore("S3Store", async () => {
    const { location } = await freshPlace({ objectLock });
    await account.actIn(place);
    return {
      store: await openStore(location),
      withBrokenListing: async () => storeBehind(({ url }) => (url.includes("continuation-token") ? { status: 500 } : undefined)),
      close: closeProxies,
    };
  }, objectLock ? BRIEF : undefined);

  test("needs all that the policy allows", () => expect(account.used()).toEqual(account.allowed));
});

describe("S3Store", () => {
  let store: ObjectStore;
  beforeEach(async () => {
    store = await openStore((await freshPlace()).location);
  });

  test("keeps its objects below its prefix", async () => {
    await store.create("a/b", bytes("x"));
    await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: "elsewhere", Body: "x" }));
    await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}-too`, Body: "x" }));
    const whole = await openStore({ ...place.location, url: `s3://${place.bucket}` });
    expect(await keys(store, "")).toEqual(["a/b"]);
    expect(await keys(whole, "")).toEqual(["elsewhere", `${place.prefix}-too`, `${place.prefix}/a/b`].sort());
    expect(store.url).toBe(place.location.url);
  });

  test("lists no folder placeholders", async () => {
    await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}/`, Body: "" }));
    await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}/folder/`, Body: "" }));
    await store.create("folder/object", bytes("x"));
    expect(await keys(store, "")).toEqual(["folder/object"]);
  });

  test("takes endpoint and region from its url, or from the environment", async () => {
    await store.create("key", bytes("x"));
    const { url, endpoint } = place.location;
    const byUrl = await openStore({ url: `${url}?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1` });
    expect(await keys(byUrl, "")).toEqual(["key"]);
    vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
    expect(await keys(await openStore({ url }), "")).toEqual(["key"]);
    vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  });

  describe("bodies that break off", () => {
    let scratch: string;
    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), "s3-store-"));
    });
    afterAll(() => rmSync(scratch, { recursive: true }));

    test("are fetched again", async () => {
      const body = randomBytes(300_000);
      await store.create("key", body);
      let cuts = 0;
      const behind = await storeBehind(({ method }) => (method === "GET" && ++cuts % 3 !== 0 ? { cutAfter: 100_000 } : undefined));
      expect(await behind.download("key", join(scratch, "copy"))).toMatchObject({ size: body.length });
      expect(body.equals(await behind.read("key"))).toBe(true);
      expect(cuts).toBe(6);
    });

    test("fail when they always do, and leave no file", async () => {
      await store.create("key", randomBytes(300_000));
      const behind = await storeBehind(({ method }) => (method === "GET" ? { cutAfter: 100_000 } : undefined));
      const file = join(scratch, "cut");
      await expect(behind.download("key", file)).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
      await expect(behind.read("key")).rejects.toMatchObject({ code: "storage_unavailable" });
      expect(existsSync(file)).toBe(false);
    });
  });

  describe("writes whose answer is lost", () => {
    test.each([
      ["from memory", 1000],
      ["streamed", 17 * 1024 * 1024],
    ])("are known as its own, %s", async (_, size) => {
      const scratch = mkdtempSync(join(tmpdir(), "s3-store-"));
      const file = join(scratch, "body");
      writeFileSync(file, randomBytes(size));
      let puts = 0;
      const behind = await storeBehind(({ method, url }) => (method === "PUT" && url.includes("/key") && ++puts === 1 ? { lose: true } : undefined));
      const entry = await behind.create("key", { file });
      expect(puts).toBe(2);
      expect(entry).toMatchObject({ size, etag: (await store.head("key"))?.etag });
      expect(await behind.create("key", { file })).toBeUndefined();
      rmSync(scratch, { recursive: true });
    });
  });

  describe("refusals", () => {
    const secret = "abcdefghijklmnopqrstuvwxyz/SECRET+0123456789";
    const token = "session/TOKEN+9876543210";
    const calls: [string, (to: ObjectStore) => Promise<unknown>][] = [
      ["list", (to) => keys(to, "")],
      ["head", (to) => to.head("key")],
      ["read", (to) => to.read("key")],
      ["download", (to) => to.download("key", join(tmpdir(), "never-written"))],
      ["create", (to) => to.create("key", bytes("x"))],
      ["replace", (to) => to.replace("key", bytes("x"))],
      ["remove", (to) => to.remove("key")],
    ];

    test.each(calls)("%s with wrong credentials says so and keeps the secret", async (_, call) => {
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", secret);
      vi.stubEnv("AWS_SESSION_TOKEN", token);
      const error = await failureOf(call(await openStore(place.location)));
      vi.stubEnv("AWS_SESSION_TOKEN", undefined);
      expect(error).toMatchObject({ code: "storage_denied", retryable: false });
      expect(error.remedy).toMatch(/AWS_ACCESS_KEY_ID.*AWS_SECRET_ACCESS_KEY.*AWS_PROFILE/s);
      expectNoSecrets(error, [secret, token]);
    });

    test.each(calls)("%s in a bucket that is not there says so", async (_, call) => {
      const error = await failureOf(call(await openStore({ ...place.location, url: `s3://${place.bucket}-not` })));
      expect(error).toMatchObject({ code: "bucket_missing", retryable: false });
      expect(error.message).toContain(`${place.bucket}-not`);
      expectNoSecrets(error, [place.env.AWS_SECRET_ACCESS_KEY]);
    });

    test.each(calls)("%s from a server that is not there says so", async (name, call) => {
      const [port = 0] = await freePorts(1);
      const endpoint = `http://127.0.0.1:${port}`;
      const error = await failureOf(call(await openStore({ ...place.location, endpoint })));
      expect(error).toMatchObject({ code: name === "list" ? "listing_incomplete" : "storage_unavailable", retryable: true });
      expect(error.message).toContain(endpoint);
      expectNoSecrets(error, [place.env.AWS_SECRET_ACCESS_KEY]);
    });
  });
});

describe("listings of S3Store that cannot be relied on", () => {
  beforeAll(async () => {
    const store = await openStore((await freshPlace()).location);
    const names = Array.from({ length: 1005 }, (_, index) => `k${String(index).padStart(4, "0")}`);
    await pMap(names, (key) => store.replace(key, bytes("x")), { concurrency: 32 });
  });

  const anyPage = (fault: Fault): Faults => ({ url }) => (url.includes("list-type=2") ? fault : undefined);
  const secondPage = (fault: Fault): Faults => ({ url }) => (url.includes("continuation-token") ? fault : undefined);
  const without = (element: string): Faults =>
    anyPage({ edit: (body) => body.replace(new RegExp(`<${element}>.*?</${element}>`, "s"), "") });

  test.each<[string, Faults, boolean]>([
    ["a second page that fails", secondPage({ status: 503 }), true],
    ["a second page that is cut off", secondPage({ cutAfter: 600 }), true],
    ["a second page that was cut off before it was announced", secondPage({ edit: (body) => body.slice(0, 600) }), false],
    ["a page without the way to the next", without("NextContinuationToken"), false],
    ["a page that does not say whether it is the last", without("IsTruncated"), false],
    ["a page that lost an object", without("Contents"), false],
    ["a page that repeats", secondPage({ edit: (body) => body.replaceAll("k1", "k0") }), false],
    ["something that is no S3", anyPage({ edit: () => "<html>welcome</html>" }), false],
  ])("throw on %s", async (_, faults, retryable) => {
    const behind = await storeBehind(faults);
    await expect(keys(behind, "")).rejects.toMatchObject({ code: "listing_incomplete", retryable });
  });
});

async function failureOf(call: Promise<unknown>): Promise<LedgerError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LedgerError);
  return error as LedgerError;
}

function expectNoSecrets(error: LedgerError, secrets: readonly string[]): void {
  const shown = [
    inspect(error, { depth: Infinity, showHidden: true, getters: true, maxStringLength: Infinity }),
    JSON.stringify({ code: error.code, remedy: error.remedy, message: error.message, cause: error.cause }),
    String(error.stack),
  ].join("\n");
  for (const secret of secrets) {
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(encodeURIComponent(secret));
  }
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pMap from "p-map";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { openS3Target, type S3Target } from "../../src/storage/s3/s3-client.ts";
import { listObjects } from "../../src/storage/s3/s3-list.ts";
import { probeStore } from "../../src/storage/probe-store.ts";
import { parseLocation } from "../../src/storage/store-location.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { type Habits, startStoreLike } from "../services/store-like.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { writeRequests } from "../request-exports.ts";
import { BRIEF } from "./effort.ts";
import { bytes, describeObjectStore, keys } from "./object-store.ts";
import { type Faults, startProxy } from "./s3-proxy.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

let place: FreshS3;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function freshPlace(): Promise<void> {
  place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
}

async function endpointLike(habits: Habits): Promise<string> {
  const standIn = await startStoreLike(SHARED_S3, habits);
  open.push(standIn);
  return standIn.endpoint;
}

async function storeLike(habits: Habits, name = ""): Promise<ObjectStore> {
  return await openStore({ ...place.location, url: `${place.location.url}/${name}`, endpoint: await endpointLike(habits) });
}

async function behind(store: ObjectStore, prefix: string, after: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix, after)) found.push(key);
  return found;
}

describeObjectStore("a store with weak ETags that lists without order", async () => {
  await freshPlace();
  const habits: Habits = { etags: "weak", listing: { pageSize: 700 } };
  return {
    store: await storeLike(habits),
    withBrokenListing: async () => {
      const proxy = await startProxy(await endpointLike(habits), ({ url }) => (url.includes("continuation-token") ? { cutAfter: 600 } : undefined));
      open.push(proxy);
      return await openStore({ ...place.location, endpoint: proxy.endpoint });
    },
    close: () => Promise.resolve(),
  };
}, BRIEF);

describe("a ledger on stores with weak ETags that list without order", () => {
  test("is read once, built once and found fresh", async () => {
    await freshPlace();
    const folder = temporaryFolder();
    writeRequests(folder, ["2026-10-05", "2026-10-06", "2026-10-07"].map((day) => ({ by: "ada@example.com", at: `${day}T10:00:00Z` })));
    const habits: Habits = { etags: "weak", listing: { pageSize: 2 } };
    const [source, lake] = [await storeLike(habits, "exports"), await storeLike(habits, "lake")];
    for (const name of readdirSync(folder)) await source.create(name, readFileSync(join(folder, name)));
    const first = await runOnce(testLedger(source, lake));
    expect(first).toMatchObject({ exports: { seen: 3, ingested: 3 }, totals: { requests: 3, cost_usd: "3.000000000" } });
    const again = await runOnce(testLedger(source, lake));
    expect(again).toMatchObject({ exports: { seen: 3, ingested: 0, skipped: 3 }, days: { built: 0, fresh: 3 }, months: { allocated: 0 } });
  });
});

describe.each<[string, Habits]>([
  ["tells a conditional write to try again, six times", { conflicts: 6 }],
  ["takes no write without a digest", { digests: "required" }],
  ["knows no digest but MD5", { digests: "only md5" }],
  ["writes ETags without quotes", { etags: "bare" }],
])("a store that %s", (_, habits) => {
  test("can hold a ledger", async () => {
    await freshPlace();
    const { mode, steps } = await probeStore(await storeLike(habits), "_ledger/doctor/x.");
    expect(mode).toBe("create-only");
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe("a store that fails for a while", () => {
  test("is not said to be unfit for a ledger by the step that met it", async () => {
    await freshPlace();
    const proxy = await startProxy(place.location.endpoint, ({ method, url }) => (method === "PUT" && url.includes("x.race") ? { status: 503 } : undefined));
    open.push(proxy);
    const store = await openStore({ ...place.location, endpoint: proxy.endpoint });
    await expect(probeStore(store, "_ledger/doctor/x.")).rejects.toMatchObject({ code: "storage_unavailable", retryable: true, remedy: expect.stringMatching(/^Try again/) as string });
    expect(await keys(await openStore(place.location), "_ledger/doctor/")).toEqual([]);
  });

  test("begins no line of a message with what it says", async () => {
    await freshPlace();
    const body = "<Error><Code>AccessDenied</Code><Message>no\r\nerror: all is lost [forged]\u2028ok</Message></Error>";
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(403, { "content-type": "application/xml" }).end(body);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    open.push({ close: async () => void (await new Promise((resolve) => server.close(resolve))) });
    const store = await openStore({ ...place.location, endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` });
    const error: unknown = await store.read("key").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "storage_denied", message: expect.stringContaining("no error: all is lost [forged] ok") as string });
    expect((error as Error).message.split(/[\r\n\u2028\u2029]/)).toHaveLength(1);
  });
});

describe("listings", () => {
  const names = Array.from({ length: 40 }, (_, index) => `k/${String(index).padStart(2, "0")}`);
  beforeAll(async () => {
    await freshPlace();
    // The order of the hashes is that of the whole keys. Below this prefix the second one shows that it is not by key; a server
    // that shows it later, when the first ones are told, is the last test's.
    const prefix = "a/place";
    place = { ...place, prefix, location: { ...place.location, url: `s3://${place.bucket}/${prefix}` } };
    const store = await openStore(place.location);
    await pMap(names, (name) => store.create(name, bytes(name)), { concurrency: 8 });
  });

  test.each([1, 3, 39, 1000])("without order, %i objects at once, are sorted", async (pageSize) => {
    const store = await storeLike({ listing: { pageSize } });
    expect(await keys(store, "")).toEqual(names);
    expect(await keys(store, "k/1")).toEqual(names.slice(10, 20));
  });

  test.each([[1, 5], [12, 1], [1000, 1]])("without order, %i objects at once, tell everything behind a key although the server cannot", async (pageSize, every) => {
    const positions = [...names.keys()].filter((index) => index % every === 0 || index === names.length - 1);
    for (const index of positions) expect(await behind(await storeLike({ listing: { pageSize } }), "", names[index]!)).toEqual(names.slice(index + 1));
  });

  test("ask for what is behind a key where the server lists by key", async () => {
    const asked: string[] = [];
    const proxy = await startProxy(place.location.endpoint, ({ url }) => void asked.push(new URL(url, place.location.endpoint).searchParams.get("start-after") ?? ""));
    open.push(proxy);
    const store = await openStore({ ...place.location, endpoint: proxy.endpoint });
    expect(await behind(store, "", "k/30")).toEqual(names.slice(31));
    expect(await behind(store, "", "k/35")).toEqual(names.slice(36));
    // The first one finds out whether it lists by key.
    expect(asked).toEqual(["", `${place.prefix}/k/30`, `${place.prefix}/k/35`]);
  });

  test("of folders only, as S3 Express has them, are cut to the prefix", async () => {
    const target = await targetBehind(await endpointLike({ listing: { pageSize: 5, onlyFolders: true } }));
    target.listing = { order: "none", wholeFolders: true };
    expect(await listed(target, "k/1")).toEqual(names.slice(10, 20));
    expect(await listed(target, "k")).toEqual(names);
    expect(await listed(target, "k/", "k/30")).toEqual(names.slice(31));
  });

  test.each<[string, (body: string, first: string, page: number) => string, RegExp]>([
    ["answers every page with the first one", (_, first) => first, /a page leads to itself/],
    ["repeats its first page under other tokens", (_, first, page) => first.replace(/(<NextContinuationToken>)/, `$1${String(page)}`).replace("<IsTruncated>true", `<IsTruncated>${String(page < 5)}`), /lists "k.00" twice/],
    ["lists an object twice", (body) => body.replaceAll("k/01", "k/00").replaceAll("k%2F01", "k%2F00"), /lists "k.00" twice/],
  ])("throw where a server %s", async (_, edit, problem) => {
    let page = 0;
    let first: string | undefined;
    const spoil: Faults = ({ url }) => (url.includes("list-type=2") ? { edit: (body) => edit(body, (first ??= body), ++page) } : undefined);
    const proxy = await startProxy(place.location.endpoint, spoil);
    open.push(proxy);
    const target = await targetBehind(proxy.endpoint);
    await expect(listed(target, "k/", undefined, 10)).rejects.toMatchObject({ code: "listing_incomplete", message: expect.stringMatching(problem) as string });
  });

  test("that lose their order after pages in order throw, and are sorted when they are tried again", async () => {
    let page = 0;
    const proxy = await startProxy(place.location.endpoint, ({ url }) => (url.includes("list-type=2") ? { edit: (body) => (++page % 4 === 3 ? reversed(body) : body) } : undefined));
    open.push(proxy);
    const target = await targetBehind(proxy.endpoint);
    await expect(listed(target, "k/", undefined, 10)).rejects.toMatchObject({ code: "listing_incomplete", retryable: true, message: expect.stringMatching(/out of order/) as string });
    expect(await listed(target, "k/", undefined, 10)).toEqual(names);
  });

  function reversed(body: string): string {
    const contents = body.match(/<Contents>.*?<\/Contents>/gs) ?? [];
    return body.replace(/<Contents>.*<\/Contents>/s, contents.reverse().join(""));
  }

  async function targetBehind(endpoint: string): Promise<S3Target> {
    const location = parseLocation({ ...place.location, endpoint });
    if (location.kind !== "s3") throw new Error("not S3");
    return await openS3Target(location);
  }

  async function listed(target: S3Target, prefix: string, after?: string, pageSize?: number): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of listObjects(target, prefix, after, pageSize)) found.push(key);
    return found;
  }
});

test("what was replaced is not downloaded, also where the server ignores If-Match", async () => {
  await freshPlace();
  const direct = await openStore(place.location);
  const { etag } = await direct.replace("key", bytes("first"));
  await direct.replace("key", bytes("other"));
  const store = await storeLike({ etags: "ignores if-match" });
  await expect(store.download("key", join(temporaryFolder(), "copy"), etag)).rejects.toMatchObject({ code: "object_changed" });
});

import { PutBucketVersioningCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { onSingleWriter, releaseWriters } from "../../src/storage/writers.ts";
import { writeRequests } from "../request-exports.ts";
import { callProcess } from "../cli/call.ts";
import { startWorkerProcess } from "../cli/worker-process.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { type Habits, startStoreLike, type StoreLike } from "../services/store-like.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { BRIEF } from "./effort.ts";
import { bytes, describeObjectStore, keys } from "./object-store.ts";
import { startProxy } from "./s3-proxy.ts";

let place: FreshS3;
const open: StoreLike[] = [];
afterEach(async () => {
  await releaseWriters();
  for (const one of open.splice(0)) await one.close();
});

async function freshStore(habits: Habits, versions = false): Promise<ObjectStore> {
  place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  if (versions) await place.client.send(new PutBucketVersioningCommand({ Bucket: place.bucket, VersioningConfiguration: { Status: "Enabled" } }));
  const standIn = await startStoreLike(SHARED_S3, habits);
  open.push(standIn);
  return await openStore({ ...place.location, endpoint: standIn.endpoint });
}

const NOT_IMPLEMENTED: Habits = { conditions: "not implemented" };
const IGNORED: Habits = { conditions: "ignored" };

describe.each<[string, Habits, boolean, string]>([
  ["that refuses conditions and keeps versions, as Backblaze B2", NOT_IMPLEMENTED, true, "first version"],
  ["that ignores conditions and keeps versions", IGNORED, true, "first version"],
  ["that refuses conditions", NOT_IMPLEMENTED, false, "single writer"],
  ["that ignores conditions", IGNORED, false, "single writer"],
  ["that honours conditions", {}, false, "create-only"],
])("a store %s", (_, habits, versions, mode) => {
  test("has one winner in every race, whose bytes stay", async () => {
    const store = await freshStore(habits, versions);
    expect(await store.prepareWrites?.()).toBe(mode);
    for (let race = 0; race < 3; race += 1) {
      const key = `race-${String(race)}`;
      const results = await Promise.all(Array.from({ length: 6 }, (__, writer) => store.create(key, bytes(`writer ${String(writer)}`))));
      const winner = results.findIndex((entry) => entry !== undefined);
      expect(results.filter((entry) => entry !== undefined)).toHaveLength(1);
      expect(Buffer.from(await store.read(key)).toString()).toBe(`writer ${String(winner)}`);
    }
    expect(await store.create("race-0", bytes("late"))).toBeUndefined();
  });
});

describeObjectStore("a store that refuses conditions", async () => {
  const store = await freshStore(NOT_IMPLEMENTED);
  return {
    store: withoutClaims(store),
    withBrokenListing: () => openStore({ ...place.location, endpoint: "http://127.0.0.1:1" }),
    close: () => Promise.resolve(),
  };
}, BRIEF);

/** The claim of this process is an object of the store too; the suite is about all others. */
function withoutClaims(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "list") return value.bind(target) as unknown;
      return async function* (...asked: Parameters<ObjectStore["list"]>) {
        for await (const entry of target.list(...asked)) if (!entry.key.startsWith("_ledger/writer/")) yield entry;
      };
    },
  });
}

describe("a ledger on a store without conditional writes", () => {
  test("is written by one process, which says so; a second one is refused by name until the first has ended", async () => {
    const lake = await freshStore(IGNORED);
    const told: unknown[] = [];
    onSingleWriter((url, { pid }) => told.push([url, pid]));
    const folder = temporaryFolder();
    writeRequests(folder, [{ by: "ada@example.com", at: "2026-10-05T10:00:00Z" }]);
    const source = await openStore({ url: folder });
    expect(await runOnce(testLedger(source, lake))).toMatchObject({ exports: { ingested: 1 }, totals: { requests: 1 } });
    expect(await runOnce(testLedger(source, lake))).toMatchObject({ exports: { ingested: 0 }, days: { built: 0 } });
    expect(told).toEqual([[lake.url, process.pid]]);
    const run = async () => await callProcess(["run", "--source", folder, "--lake", `${place.location.url}?endpoint=${open[0]!.endpoint}&region=us-east-1`], { env: place.env });
    writeRequests(folder, [{ by: "ada@example.com", at: "2026-10-06T10:00:00Z" }]);
    const refused = await run();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`being written by process ${String(process.pid)} on .*writer_busy`, "s"));
    await releaseWriters();
    const second = await run();
    expect(second.stderr).toMatch(/no conditional writes: until this process ends it is the only one/);
    expect(second.code).toBe(0);
    expect(await keys(lake, "_ledger/writer/")).toEqual([]);
  });
});

describe("a command on a store without conditional writes that is told to end", () => {
  test.each([["SIGINT", 130], ["SIGTERM", 143]] as const)("by %s gives its claim back first, and ends with %i", async (signal, code) => {
    const store = await freshStore(IGNORED);
    const folder = temporaryFolder();
    writeRequests(folder, [{ by: "ada@example.com", at: "2026-10-05T10:00:00Z" }]);
    // The first write of the pass does not end before the signal has come.
    const late = await startProxy(open[0]!.endpoint, ({ method, url }) => (method === "PUT" && !/_ledger\/writer|probe/.test(url) ? { delay: 1000 } : undefined));
    open.push({ ...late, requests: [] });
    const run = startWorkerProcess(["run", "--source", folder, "--lake", `${place.location.url}?endpoint=${late.endpoint}&region=us-east-1`], place.env);
    await run.hasSaid("until this process ends it is the only one");
    expect(await keys(store, "_ledger/writer/")).toHaveLength(1);
    run.child.kill(signal);
    expect(await run.ended).toBe(code);
    expect(await keys(store, "_ledger/writer/")).toEqual([]);
  });
});

describe("a pass on a store that another process writes to", () => {
  test("is refused before it reads or writes anything else", async () => {
    const held = await freshStore(IGNORED);
    await held.prepareWrites?.();
    const folder = temporaryFolder();
    writeRequests(folder, ["2026-10-05", "2026-10-06"].map((day) => ({ by: "ada@example.com", at: `${day}T10:00:00Z` })));
    const before = open[0]!.requests.length;
    const refused = await callProcess(["run", "--source", folder, "--lake", `${place.location.url}?endpoint=${open[0]!.endpoint}&region=us-east-1`], { env: place.env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/writer_busy/) as string });
    const claims = open[0]!.requests.slice(before).filter((line) => /^PUT .*_ledger\/writer/.test(line));
    expect(claims).toHaveLength(4);
  });
});

describe("servers that take the bucket only in front of their host's name", () => {
  test("are said to be such, and reached with path_style=false", async () => {
    place = await freshS3(SHARED_S3);
    for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
    const dns = await import("node:dns");
    vi.spyOn(dns.default, "lookup").mockImplementation(((__: string, options: { all?: boolean }, done: (error: null, address: unknown, family?: number) => void) =>
      options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) as never);
    const standIn = await startStoreLike(SHARED_S3, { host: "oss.example" });
    open.push(standIn);
    const location = { ...place.location, endpoint: standIn.endpoint };
    const path = await openStore(location);
    await expect(keys(path, "")).rejects.toMatchObject({ message: expect.stringMatching(/SecondLevelDomainForbidden/) as string, remedy: expect.stringMatching(/path_style=false/) as string });
    await expect(path.create("a", bytes("x"))).rejects.toMatchObject({ code: "storage_refused", remedy: expect.stringMatching(/path_style=false/) as string });
    for (const store of [await openStore({ ...location, pathStyle: false }), await openStore({ ...location, url: `${location.url}?path_style=false` })]) {
      await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}/odd/a b+c%/ü`, Body: "x" }));
      expect(await keys(store, "odd/")).toEqual(["odd/a b+c%/ü"]);
      expect(Buffer.from(await store.read("odd/a b+c%/ü")).toString()).toBe("x");
      expect(await store.create("odd/a b+c%/ü", bytes("y"))).toBeUndefined();
      await store.replace("new", bytes("z"));
      await store.remove("new");
    }
  });

  test("are known by the names of their hosts", async () => {
    const { usesPathStyle } = await import("../../src/storage/s3/s3-addressing.ts");
    expect(usesPathStyle("https://oss-cn-hangzhou.aliyuncs.com")).toBe(false);
    expect(usesPathStyle("https://s3.oss-cn-hangzhou.aliyuncs.com")).toBe(false);
    expect(usesPathStyle("https://aliyuncs.com.example")).toBe(true);
    expect(usesPathStyle("http://127.0.0.1:9000")).toBe(true);
    expect(usesPathStyle(undefined)).toBe(false);
  });

  test("have a host with a name", async () => {
    for (const host of ["127.0.0.1", "[::1]"]) await expect(openStore({ url: `s3://bucket?endpoint=http://${host}:9000&path_style=false` })).rejects.toMatchObject({ code: "url_invalid" });
    await expect(openStore({ url: "s3://bucket?path_style=no" })).rejects.toMatchObject({ code: "url_invalid" });
  });
});

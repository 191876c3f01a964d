import pMap from "p-map";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { ALLOCATION_MANIFESTS, ALLOCATIONS, ARCHIVE, CLOSES, DAY_MANIFESTS, EXPORT_MANIFESTS, LANDING, QUARANTINE, ROLLUPS, SNAPSHOTS, TOOLS, USAGE } from "../../src/lake/layout.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { keys } from "../contract/object-store.ts";
import { type Proxy, startProxy } from "../contract/s3-proxy.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { testLedger } from "../test-ledger.ts";

/** What a run lists of the lake; of the source it lists everything. */
const LISTED = [ARCHIVE, EXPORT_MANIFESTS, DAY_MANIFESTS, LANDING, QUARANTINE, USAGE, ROLLUPS, TOOLS, ALLOCATION_MANIFESTS, ALLOCATIONS, CLOSES, SNAPSHOTS];
const OBJECTS_PER_LISTING = 1000;

let place: FreshS3;
let proxy: Proxy;
/** Requests that the server got through the proxy: `GET list`, or the method and what comes after the bucket's prefix. */
let requests: string[];

beforeEach(async () => {
  place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  requests = [];
  proxy = await startProxy(place.location.endpoint, ({ method, url }) => {
    const { pathname, searchParams } = new URL(url, place.location.endpoint);
    requests.push(searchParams.has("list-type") ? `${method} list` : `${method} ${pathname.replace(`/${place.bucket}/${place.prefix}/`, "")}`);
    return undefined;
  });
});
afterEach(async () => await proxy.close());

async function openStores(endpoint: string): Promise<{ source: ObjectStore; lake: ObjectStore }> {
  const { location } = place;
  const [source, lake] = await Promise.all(["exports", "lake"].map((name) => openStore({ ...location, endpoint, url: `${location.url}/${name}` })));
  return { source: source!, lake: lake! };
}

/** Adds objects that mean nothing until there are `total`. */
async function fillUp(store: ObjectStore, prefix: string, total: number): Promise<void> {
  const missing = total - (await keys(store, prefix)).length;
  const names = Array.from({ length: missing }, (_, index) => `${prefix}other-${index}`);
  await pMap(names, (name) => store.create(name, Buffer.from("x")), { concurrency: 16 });
}

/** One request a thousand objects; a prefix below which there is nothing takes one as well. */
async function listingsOf(store: ObjectStore, prefixes: readonly string[]): Promise<number> {
  const listings = await Promise.all(prefixes.map((prefix) => keys(store, prefix)));
  return listings.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / OBJECTS_PER_LISTING)), 0);
}

test("a run that finds nothing stale lists each object once, reads one object a day and one a month, and asks for nothing else", async () => {
  const { source, lake } = await openStores(place.location.endpoint);
  for await (const { name, bytes } of simulateExports({ days: 4, records: 120, everySeconds: 14_400 }).exports) await source.create(name, bytes);
  const { exports, days } = await runOnce(testLedger(source, lake));
  expect(exports.ingested).toBeGreaterThan(3 * days.built);
  // One more is not listed: what was written to find out about conditional writes.
  await fillUp(source, "", OBJECTS_PER_LISTING - 1);
  await fillUp(lake, LANDING, OBJECTS_PER_LISTING + 1);

  const behind = await openStores(proxy.endpoint);
  const again = await runOnce(testLedger(behind.source, behind.lake));
  expect(again).toMatchObject({ exports: { ingested: 0 }, days: { built: 0, fresh: days.built }, months: { allocated: 0, fresh: 1 } });

  const listings = requests.filter((request) => request === "GET list").length;
  expect(listings).toBeLessThanOrEqual((await listingsOf(source, [""])) + (await listingsOf(lake, LISTED)));
  const others = requests.filter((request) => request !== "GET list");
  expect(others.filter((request) => !request.startsWith(`GET lake/${DAY_MANIFESTS}`) && !request.startsWith(`GET lake/${ALLOCATION_MANIFESTS}`))).toEqual([]);
  expect(others.length).toBeLessThanOrEqual(days.built + 1);
  expect(new Set(others).size).toBe(others.length);
});

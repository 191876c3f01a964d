import { expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keysOf } from "../keys-of.ts";
import { temporaryFolder } from "../test-ledger.ts";

const KEYS = ["a-b/c", "a.txt", "a/-", "a/1", "a/b/2", "a/b0", "a0", "ab/c/d", "b"];
const PLACES = [...new Set(KEYS.flatMap((key) => [key, `${key}0`, `${key}/z`, key.slice(0, -1), key.slice(0, key.indexOf("/") + 1)]))];

test("a listing behind any key has what a whole listing has behind it", async () => {
  const store = new FsStore(temporaryFolder());
  for (const key of KEYS) await store.create(key, Buffer.from("x"));
  const listed: Record<string, string[]> = {};
  for (const after of PLACES) {
    listed[after] = [];
    for await (const { key } of store.list("", after)) listed[after].push(key);
  }
  expect(await keysOf(store)).toEqual(KEYS);
  expect(listed).toEqual(Object.fromEntries(PLACES.map((after) => [after, KEYS.filter((key) => key > after)])));
});

import fs, { readdirSync, type ReadStream } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { sortEntries } from "../../src/storage/sort-entries.ts";
import { temporaryFolder } from "../test-ledger.ts";

const entries = (keys: readonly string[]): ObjectEntry[] => keys.map((key, size) => ({ key, size, etag: `e${String(size)}`, lastModified: new Date(1_790_000_000_000 + size) }));

async function* each<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}

async function collect(all: AsyncIterable<ObjectEntry>): Promise<ObjectEntry[]> {
  const found: ObjectEntry[] = [];
  for await (const one of all) found.push(one);
  return found;
}

const twice = (key: string): Error => new Error(`twice ${JSON.stringify(key)}`);
const key = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("a\nb", "a\u2028b", "\u2029", "\r", "😀", "\uffff", '"', ""));

test("entries come in byte order of their keys, as they were, whether or not they fit into memory", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), async (keys, atOnce) => {
      const all = entries(keys);
      const expected = all.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      expect(await collect(sortEntries(each(all), twice, atOnce))).toEqual(expected);
    }),
  );
});

test("a key that comes twice is an error, in memory and across files", async () => {
  for (const atOnce of [1, 2, 3, 100]) {
    await expect(collect(sortEntries(each(entries(["b", "a", "c", "d", "a"])), twice, atOnce))).rejects.toThrow('twice "a"');
  }
});

test("nothing is left behind, also where nobody asks for the rest", async () => {
  vi.stubEnv("TMPDIR", temporaryFolder());
  for await (const _ of sortEntries(each(entries(["c", "b", "a"])), twice, 1)) break;
  await expect(collect(sortEntries(each(entries(["a", "a"])), twice, 1))).rejects.toThrow("twice");
  expect(readdirSync(tmpdir())).toEqual([]);
  vi.unstubAllEnvs();
});

test("the files of a listing that is broken off are closed, whoever breaks it off", async () => {
  const opened: ReadStream[] = [];
  const { createReadStream } = fs;
  vi.spyOn(fs, "createReadStream").mockImplementation((...asked) => {
    const stream = createReadStream(...asked);
    opened.push(stream);
    return stream;
  });
  syncBuiltinESMExports();
  try {
    for await (const _ of sortEntries(each(entries(["d", "c", "b", "a"])), twice, 1)) break;
    await expect(collect(sortEntries(each(entries(["c", "a", "b", "a"])), twice, 1))).rejects.toThrow("twice");
    expect(opened).toHaveLength(8);
    expect(opened.filter(({ destroyed }) => !destroyed)).toEqual([]);
  } finally {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  }
});

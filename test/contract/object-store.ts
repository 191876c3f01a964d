import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { THOROUGH } from "./effort.ts";
import { BAD_KEYS, inByteOrder, ODD_KEYS } from "./keys.ts";

/** An empty store, and how to get it to fail half way through a listing. */
export interface Ground {
  store: ObjectStore;
  /** A store over the same objects, of which there are more than 1,000, whose listing breaks off. */
  withBrokenListing(): Promise<ObjectStore>;
  close(): Promise<void>;
}

/** What every `ObjectStore` does, whatever it keeps its objects in. */
export function describeObjectStore(name: string, open: () => Promise<Ground>, effort = THOROUGH): void {
  describe(`${name} as an object store`, () => {
    let ground: Ground;
    let store: ObjectStore;
    let scratch: string;
    beforeEach(async () => {
      ground = await open();
      store = ground.store;
      scratch = await mkdtemp(join(tmpdir(), "object-store-"));
    });
    afterEach(async () => {
      await ground.close();
      await rm(scratch, { recursive: true });
    });

    describe("create", () => {
      test("writes an object that is not there and tells what it wrote", async () => {
        const before = Date.now();
        const entry = await store.create("a/b.txt", bytes("first"));
        expect(entry).toMatchObject({ key: "a/b.txt", size: 5 });
        expect(Math.abs(Number(entry?.lastModified) - before)).toBeLessThan(10_000);
        expect(text(await store.read("a/b.txt"))).toBe("first");
      });

      test("leaves an object that is there as it is", async () => {
        const first = await store.create("key", bytes("first"));
        expect(await store.create("key", bytes("second, longer"))).toBeUndefined();
        expect(text(await store.read("key"))).toBe("first");
        expect((await store.head("key"))?.etag).toBe(first?.etag);
      });

      test("has one winner in every race, whose bytes stay", async () => {
        for (let race = 0; race < effort.races; race += 1) {
          const key = `races/${race}`;
          const writers = Array.from({ length: 12 }, (_, writer) => `race ${race}, writer ${writer} `.repeat(200));
          const results = await Promise.all(writers.map((body) => store.create(key, bytes(body))));
          const winners = results.flatMap((entry, index) => (entry === undefined ? [] : [{ entry, index }]));
          expect(winners).toHaveLength(1);
          expect(text(await store.read(key))).toBe(writers[winners[0]!.index]);
          expect((await store.head(key))?.etag).toBe(winners[0]!.entry.etag);
        }
      });

      test("takes an empty object", async () => {
        expect(await store.create("empty", new Uint8Array())).toMatchObject({ size: 0 });
        expect(await store.read("empty")).toHaveLength(0);
        expect(await store.read("empty", { first: 0, last: 9 })).toHaveLength(0);
        expect(await store.download("empty", join(scratch, "empty"))).toMatchObject({ size: 0, sha256: sha256(new Uint8Array()) });
      });
    });

    describe("replace", () => {
      test("writes over what was there, and the ETag tells", async () => {
        const first = await store.replace("key", bytes("first"));
        const second = await store.replace("key", bytes("other"));
        expect(second.etag).not.toBe(first.etag);
        expect((await store.head("key"))?.etag).toBe(second.etag);
        expect(text(await store.read("key"))).toBe("other");
      });

      test("shows a reader the old object or the new one, never a mix", async () => {
        const size = 1 << 20;
        await store.replace("key", Buffer.alloc(size, 0));
        let writing = true;
        const writer = (async () => {
          for (let value = 1; value <= 30; value += 1) await store.replace("key", Buffer.alloc(size, value));
          writing = false;
        })();
        let reads = 0;
        while (writing) {
          const seen = Buffer.from(await store.read("key"));
          expect(seen).toHaveLength(size);
          expect(seen.equals(Buffer.alloc(size, seen[0]))).toBe(true);
          reads += 1;
        }
        await writer;
        expect(reads).toBeGreaterThan(1);
      });
    });

    describe("bodies from files", () => {
      test.each([
        ["a small file", 100_000],
        ["exactly 16 MiB", 16 * 1024 * 1024],
        ["a file too large for one buffer", 40 * 1024 * 1024 + 7],
      ])("writes %s", async (_, size) => {
        const body = randomBytes(size);
        const file = join(scratch, "body");
        await writeFile(file, body);
        expect(await store.create("from-file", { file })).toMatchObject({ size });
        expect(await store.create("from-file", { file })).toBeUndefined();
        const copy = join(scratch, "copy");
        expect(await store.download("from-file", copy)).toMatchObject({ size, sha256: sha256(body) });
        expect(body.equals(await readFile(copy))).toBe(true);
        expect(await store.replace("from-file", { file })).toMatchObject({ size });
      });

      test("says which file cannot be read", async () => {
        const file = join(scratch, "nowhere");
        await expect(store.create("key", { file })).rejects.toMatchObject({ message: expect.stringContaining("nowhere") });
        expect(await store.head("key")).toBeUndefined();
      });
    });

    describe("reading", () => {
      test("head tells what a listing tells", async () => {
        await store.create("a/key", bytes("12345"));
        const [listed] = await entries(store, "");
        const head = await store.head("a/key");
        expect(head).toMatchObject({ key: "a/key", size: 5, etag: listed?.etag });
        expect(Math.abs(Number(head?.lastModified) - Number(listed?.lastModified))).toBeLessThan(1000);
      });

      test.each([
        [{ first: 0, last: 0 }, "0"],
        [{ first: 2, last: 4 }, "234"],
        [{ first: 8, last: 100 }, "89"],
        [{ first: 9, last: 9 }, "9"],
        [{ first: 10, last: 20 }, ""],
      ])("reads the range %o", async (range, expected) => {
        await store.create("digits", bytes("0123456789"));
        expect(text(await store.read("digits", range))).toBe(expected);
      });

      test("an object that is missing has no head and cannot be read or downloaded", async () => {
        await store.create("folder/object", bytes("x"));
        const file = join(scratch, "none");
        for (const key of ["missing", "folder", "folder/object/below", "folder/missing"]) {
          expect(await store.head(key)).toBeUndefined();
          await expect(store.read(key)).rejects.toMatchObject({ code: "object_missing", retryable: false });
          await expect(store.read(key, { first: 0, last: 1 })).rejects.toMatchObject({ code: "object_missing" });
          await expect(store.download(key, file)).rejects.toMatchObject({
            code: "object_missing",
            message: expect.stringContaining(store.url),
          });
          expect(existsSync(file)).toBe(false);
        }
      });

      test("downloads what was listed, with its digest", async () => {
        const body = randomBytes(3_000_000);
        const { etag } = await store.replace("key", body);
        const file = join(scratch, "copy");
        await writeFile(file, randomBytes(4_000_000));
        expect(await store.download("key", file, etag)).toEqual({ size: body.length, sha256: sha256(body), etag });
        expect(body.equals(await readFile(file))).toBe(true);
      });

      test("does not download what was replaced since it was listed", async () => {
        const { etag } = await store.replace("key", bytes("first"));
        await store.replace("key", bytes("other"));
        const file = join(scratch, "copy");
        await expect(store.download("key", file, etag)).rejects.toMatchObject({ code: "object_changed" });
        expect(existsSync(file)).toBe(false);
      });

      test("says that the local file of a download cannot be written", async () => {
        await store.replace("key", bytes("first"));
        const file = join(scratch, "no", "such", "folder");
        await expect(store.download("key", file)).rejects.toMatchObject({ message: expect.stringContaining("no/such/folder") });
      });
    });

    describe("list", () => {
      test("is empty when there is nothing", async () => {
        expect(await keys(store, "")).toEqual([]);
        expect(await keys(store, "a/b")).toEqual([]);
      });

      test("goes in byte order of whole keys, also where folders and files mix", async () => {
        const mixed = ["a", "a-b", "a.b/c", "a/b", "a0", "b/c/d", "b/c-d", "b/c.d", "B", "z", "é", "\ufffd", "😀", "~"];
        const order = mixed.filter((key) => key !== "a");
        for (const key of [...order].reverse()) await store.create(key, bytes(key));
        expect(await keys(store, "")).toEqual(inByteOrder(order));
      });

      test("keeps to a prefix, which may end within a name", async () => {
        for (const key of ["x/1/a", "x/1/b", "x/10/a", "x/2/a", "x1", "y/1"]) await store.create(key, bytes(key));
        expect(await keys(store, "x/1")).toEqual(["x/1/a", "x/1/b", "x/10/a"]);
        expect(await keys(store, "x/1/")).toEqual(["x/1/a", "x/1/b"]);
        expect(await keys(store, "x")).toEqual(["x/1/a", "x/1/b", "x/10/a", "x/2/a", "x1"]);
        expect(await keys(store, "x/1/a")).toEqual(["x/1/a"]);
        expect(await keys(store, "x1/")).toEqual([]);
        expect(await keys(store, "y/1/2/3")).toEqual([]);
      });

      test.each(["../a", "a/../b", "/a", "a//b", "nul\0"])("refuses the prefix %j", async (prefix) => {
        await expect(keys(store, prefix)).rejects.toMatchObject({ code: "key_invalid" });
      });
    });

    test("lists what is behind a key, whether or not there is an object of that key", async () => {
      const names = ["a/1", "a/10", "a/2", "a-b", "b/1", "ä"];
      for (const key of names) await store.create(key, bytes("x"));
      const behind = async (prefix: string, after: string): Promise<string[]> => (await entries(store, prefix, after)).map(({ key }) => key);
      expect(await behind("", "a/1")).toEqual(["a/10", "a/2", "b/1", "ä"]);
      expect(await behind("", "a/11")).toEqual(["a/2", "b/1", "ä"]);
      expect(await behind("a/", "a/1")).toEqual(["a/10", "a/2"]);
      expect(await behind("a/", "a")).toEqual(["a/1", "a/10", "a/2"]);
      expect(await behind("", "ä")).toEqual([]);
    });

    describe("list over many objects", () => {
      test("finds them all, and throws when it breaks off", async () => {
        const many = Array.from({ length: effort.objects }, (_, index) => `many/${index % 7}/${String(index).padStart(5, "0")}.json`);
        await pMap(many, (key) => store.replace(key, bytes(key)), { concurrency: 32 });
        expect(await keys(store, "")).toEqual(inByteOrder(many));
        expect(await keys(store, "many/3/")).toHaveLength(effort.objects / 7);

        const broken = await ground.withBrokenListing();
        await expect(keys(broken, "")).rejects.toMatchObject({
          code: "listing_incomplete",
          message: expect.stringContaining(store.url),
          remedy: expect.any(String),
        });
      });
    });

    describe("keys", () => {
      test("with odd characters stay what they are", async () => {
        for (const key of ODD_KEYS) {
          const entry = await store.create(key, bytes(key));
          expect(entry).toMatchObject({ key });
          expect(await store.head(key)).toEqual({ ...entry, lastModified: expect.any(Date) });
          expect(text(await store.read(key))).toBe(key);
          expect(await keys(store, key)).toEqual([key]);
        }
        expect(await keys(store, "")).toEqual(inByteOrder(ODD_KEYS));
        for (const key of ODD_KEYS) await store.remove(key);
        expect(await keys(store, "")).toEqual([]);
      });

      test.each(BAD_KEYS)("refuses %j", async (key) => {
        const refusal = { code: "key_invalid", retryable: false };
        await expect(store.head(key)).rejects.toMatchObject(refusal);
        await expect(store.read(key)).rejects.toMatchObject(refusal);
        await expect(store.download(key, join(scratch, "x"))).rejects.toMatchObject(refusal);
        await expect(store.create(key, bytes("x"))).rejects.toMatchObject(refusal);
        await expect(store.replace(key, bytes("x"))).rejects.toMatchObject(refusal);
        await expect(store.remove(key)).rejects.toMatchObject(refusal);
      });
    });

    test("remove takes an object away, once or again", async () => {
      await store.create("a/b", bytes("x"));
      await store.create("a/c", bytes("x"));
      await store.remove("a/b");
      await store.remove("a/b");
      await store.remove("never/was");
      await store.remove("a");
      expect(await keys(store, "")).toEqual(["a/c"]);
      expect(await store.create("a/b", bytes("again"))).toBeDefined();
    });
  });
}

export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

export async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await entries(store, prefix)).map(({ key }) => key);
}

async function entries(store: ObjectStore, prefix: string, after?: string): Promise<ObjectEntry[]> {
  const found: ObjectEntry[] = [];
  for await (const entry of store.list(prefix, after)) found.push(entry);
  return found;
}

function text(content: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

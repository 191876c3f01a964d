import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import pMap from "p-map";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { openSource, openStore } from "../../src/storage/open-store.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { keys } from "./object-store.ts";

/** Keys that the lake itself may not have, and those that programs on the way like to change. */
const FOREIGN_KEYS = [
  "a/b", "a//b", "a///b", "/a/b", "//a/b", "../a/b", "a/../b", "./a/b", "a/./b", "a/..", "..", "%2F/b", "%2e%2e/b", "%", "100%/b", "a+b/c", "a b/c",
  " lead/b", "back\\slash/b", "ctl\u0001\t\n\r/b", "del\u007f\u0085/b", "ü/漢/😀", "u\u0308/b", "?q=1/b", "#h/b", "a&amp;<b>\"'/c", "\ufeff/b", "\u2028/b",
  ".aperture-ledger-writing-1/b", "x".repeat(900), "0123", "true", "a:b@c;d=e,f|g^h`i[j]{k}*(!)$~/b",
];

let place: FreshS3;
beforeAll(async () => {
  place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
});

async function put(prefix: string, names: readonly string[]): Promise<void> {
  await pMap(names, (name) => place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: prefix + name, Body: name })), { concurrency: 8 });
}

/** What is below the url, by key; each listed ETag is the one that the object is downloaded with. */
async function contentsAt(url: string): Promise<Map<string, string>> {
  const source = await openSource({ ...place.location, url });
  const contents = new Map<string, string>();
  const folder = temporaryFolder();
  const listed: ObjectEntry[] = [];
  for await (const entry of source.list("")) listed.push(entry);
  await pMap(
    listed.entries(),
    async ([index, { key, etag }]) => {
      expect(await source.head(key)).toMatchObject({ key, etag });
      expect(await source.download(key, join(folder, String(index)), etag)).toMatchObject({ etag });
      contents.set(key, Buffer.from(await source.read(key)).toString());
    },
    { concurrency: 16 },
  );
  return contents;
}

describe("a source in a bucket", () => {
  test.each(["plain/", "a//", "/lead/", "100%+ü/../"])("is read whatever its keys below %j are", async (prefix) => {
    await put(prefix, FOREIGN_KEYS);
    const contents = await contentsAt(`s3://${place.bucket}/${prefix}`);
    expect(contents).toEqual(new Map([...contents.keys()].map((key) => [key, key])));
    expect([...contents.keys()].sort()).toEqual([...FOREIGN_KEYS].sort());
  });

  test("is read whatever text its keys are", async () => {
    const character = fc.oneof(fc.constantFrom("/", ".", "%", "+", " ", "\\", "a"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }));
    const key = fc.array(character, { minLength: 1, maxLength: 20 }).map((parts) => parts.join(""));
    const readable = key.filter((text) => !text.includes("\0") && !text.endsWith("/"));
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(readable, { minLength: 1, maxLength: 12 }), async (names) => {
        const prefix = `any-${String(round++)}/`;
        await put(prefix, names);
        const contents = await contentsAt(`s3://${place.bucket}/${prefix}`);
        expect(contents).toEqual(new Map(names.map((name) => [name, name])));
      }),
      { numRuns: 10 },
    );
  });

  test("may be any text, where the lake may not", async () => {
    for (const url of ["s3://bucket//a", "s3://bucket/a//b", "s3://bucket/../a"]) {
      await expect(openSource({ url })).resolves.toMatchObject({ url });
      await expect(openStore({ url })).rejects.toMatchObject({ code: "url_invalid" });
    }
  });

  test("says which key no request can carry", async () => {
    const source = await openSource(place.location);
    for (const key of ["", "lone\ud800"]) await expect(source.read(key)).rejects.toMatchObject({ code: "key_invalid" });
  });

  test("takes no key that the lake could not have when it is written to", async () => {
    const source = await openSource(place.location);
    await expect(source.replace("a//b", Buffer.from("x"))).rejects.toMatchObject({ code: "key_invalid" });
  });
});

describe("a source on disk", () => {
  test("is read where its paths are longer than a key of the lake may be", async () => {
    const folder = temporaryFolder();
    const key = `${Array.from({ length: 6 }, () => "d".repeat(200)).join("/")}/export`;
    mkdirSync(join(folder, key, ".."), { recursive: true });
    writeFileSync(join(folder, key), "bytes");
    const source = await openSource({ url: folder });
    expect(await keys(source, "")).toEqual([key]);
    expect(await source.head(key)).toMatchObject({ size: 5 });
    expect(Buffer.from(await source.read(key)).toString()).toBe("bytes");
  });

  test("gives nothing from outside its folder", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "source"));
    writeFileSync(join(folder, "secret"), "x");
    const source = await openSource({ url: join(folder, "source") });
    for (const key of ["../secret", "a/../../secret", "./../secret", "/secret", "nul\0"]) {
      await expect(source.read(key)).rejects.toMatchObject({ code: "key_invalid" });
      await expect(source.download(key, join(folder, "copy"))).rejects.toMatchObject({ code: "key_invalid" });
    }
  });
});

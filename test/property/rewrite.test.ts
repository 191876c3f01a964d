import * as fc from "fast-check";
import { zstdCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import * as cbor from "../aperture/cbor-build.ts";
import { readWhole, withFile } from "../aperture/read-content.ts";
import { contentOf, rewriteContent, rewriteFile } from "../aperture/rewritten.ts";
import { type Item, sequence } from "./cbor-arbitrary.ts";
import { runs } from "./runs.ts";

const treatments = fc.constantFrom("keep", "drop_bodies", "redact_bodies");
const contentsOf = (items: readonly Item[]): Buffer => Buffer.concat(items.map(({ odd }) => odd));

it("keeping writes the same content, whatever it is and wherever it ends", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, fc.nat(), async (items, at) => {
      const whole = contentsOf(items);
      const content = whole.subarray(0, whole.length - (at % 3));
      const { content: copy, rewriting } = await rewriteContent(content, "keep");
      expect(content.subarray(0, rewriting.damage === null ? content.length : copy.length).equals(copy)).toBe(true);
    }),
    runs(100),
  );
});

it("accounting reads a copy as it reads the original, and finds as many items in it", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, fc.nat(), treatments, async (items, at, treatment) => {
      const whole = contentsOf(items);
      const object = zstdCompressSync(whole.subarray(0, whole.length - (at % 3)));
      await withFile(object, async (file) => {
        const { requests, rejections, damage } = await readWhole(file, undefined, ["x-repo"]);
        const { rewriting, file: copy } = await rewriteFile(file, treatment);
        const reread = await readWhole(copy, undefined, ["x-repo"]);
        expect(reread.requests).toEqual(requests);
        expect(reread.rejections.map(({ field }) => field)).toEqual(rejections.map(({ field }) => field));
        expect(rewriting.damage).toEqual(damage);
      });
    }),
    runs(150),
  );
});

it("the same content becomes the same bytes however it was cut into frames, and a copy of a copy is the copy", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, fc.nat(), treatments, async (items, at, treatment) => {
      const content = contentsOf(items);
      const cut = at % (content.length + 1);
      const frames = Buffer.concat([zstdCompressSync(content.subarray(0, cut)), zstdCompressSync(content.subarray(cut))]);
      const copy = await rewriteContent(content, treatment);
      const other = await withFile(frames, (file) => rewriteFile(file, treatment));
      expect(other.bytes.equals(copy.bytes)).toBe(true);
      expect((await rewriteFile(copy.file, treatment)).bytes.equals(copy.bytes)).toBe(true);
      expect(await contentOf(copy.file)).toEqual(copy.content);
    }),
    runs(100),
  );
});

it("no record that was removed is in the copy, and every other is", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), async (items, removed) => {
      const { content } = await rewriteContent(contentsOf(items), (position) => (removed[position] === true ? "remove" : "keep"));
      const kept = items.filter((_, position) => removed[position] !== true);
      expect(content.equals(contentsOf(kept))).toBe(true);
    }),
    runs(100),
  );
});

/** Texts that are long, at places where nothing but a body is. */
const canaries = fc.array(fc.constantFrom("requestBody", "responseBody", "rawRequestBody", "rawResponseBody", "toolUseData", "unheard"), { minLength: 1, maxLength: 4 });

it("nothing of a body is in a copy without them, whatever stands around it", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, canaries, fc.boolean(), async (items, places, indefinite) => {
      const body = cbor.array([cbor.text("canary ".repeat(50)), cbor.map([["canary", cbor.bytes(Buffer.from("canary"))]])]);
      const entries = places.map((name): cbor.Entry => [name, body]);
      const record = cbor.map([["capture", indefinite ? cbor.indefiniteMap(entries) : cbor.map(entries)]]);
      const { content } = await rewriteContent(Buffer.concat([record, contentsOf(items), record]), "drop_bodies");
      expect(content.includes("canary")).toBe(false);
    }),
    runs(100),
  );
});

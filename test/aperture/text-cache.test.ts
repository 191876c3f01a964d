import fc from "fast-check";
import { expect, test } from "vitest";
import { TextCache } from "../../src/aperture/reader/cbor/text-cache.ts";

function found(cache: TextCache, text: string): string | undefined {
  const bytes = Buffer.from(text, "latin1");
  return cache.find(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength);
}

test("a text that another one resembles at its beginning, in its middle and at its end is not taken for it", () => {
  // One place in the cache: beginning, middle and end choose it.
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab]{6}$/), { minLength: 2, maxLength: 20 }), (differences) => {
      const cache = new TextCache();
      for (const difference of differences) {
        const text = `begin ${difference}middle${difference} the end`;
        expect(found(cache, text)).toBe(text);
      }
    }),
  );
});

test("a text is looked for as a text only where it is ASCII and neither too short nor too long", () => {
  const cache = new TextCache();
  expect(["abc", "a".repeat(129), "caf\xe9s"].map((text) => found(cache, text))).toEqual([undefined, undefined, undefined]);
  expect(["abcd", "a".repeat(128)].map((text) => found(cache, text)?.length)).toEqual([4, 128]);
});

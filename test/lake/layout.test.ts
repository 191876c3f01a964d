import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeKeyPart, firstStem, isVariantOf, layout, parseArchiveKey, variantStem } from "../../src/lake/layout.ts";
import { runs } from "../property/runs.ts";

const hostile = fc.string({ unit: fc.constantFrom("/", "\\", ".", "..", "%", "~", "\0", "\n", "\x7f", "a", "=", " ", "é", "💸", "-"), maxLength: 300 });
const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), hostile);

describe("a part of a key", () => {
  it("cannot leave its place, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const part = encodeKeyPart(text);
        expect(part).toMatch(/^[A-Za-z0-9._~=%-]*$/);
        expect(part.startsWith(".")).toBe(false);
        expect(part.length).toBeLessThanOrEqual(200);
      }),
      runs(2000),
    );
  });

  it("is another for every other text, also for one that looks like what was made of the first", () => {
    const lookalike = anyText.map((text) => [text, encodeKeyPart(text)] as const);
    fc.assert(
      fc.property(fc.oneof(lookalike, fc.tuple(anyText, anyText)), ([a, b]) => {
        expect(encodeKeyPart(a) === encodeKeyPart(b)).toBe(a === b);
      }),
      runs(2000),
    );
    const long = "x".repeat(500);
    expect(encodeKeyPart(encodeKeyPart(long))).not.toBe(encodeKeyPart(long));
    expect(encodeKeyPart(`${long}a`)).not.toBe(encodeKeyPart(`${long}b`));
  });

  it("is the text itself where that is plainly safe", () => {
    expect(encodeKeyPart("ts-aperture-export-1791500000")).toBe("ts-aperture-export-1791500000");
    expect(encodeKeyPart("a=b_c.d")).toBe("a=b_c.d");
    expect(["..", ".hidden", "a/b", "a b", "é", "a%2Fb", "a~b"].map(encodeKeyPart)).toEqual([
      "%2E.", "%2Ehidden", "a%2Fb", "a%20b", "%C3%A9", "a%252Fb", "a%7Eb",
    ]);
  });
});

describe("an export's copy in the archive", () => {
  const time = new Date("2026-10-08T22:53:20Z");
  const sha256 = createHash("sha256").update("replaced").digest("hex");

  it("lies under its gateway and day, and is found again by its key", () => {
    const stem = variantStem("ts-aperture-export-1791500000", sha256);
    const key = layout.archive("prod", time, stem);
    expect(key).toBe(`archive/prod/2026/10/08/ts-aperture-export-1791500000~~${sha256.slice(0, 16)}.cbor.zstd`);
    expect(parseArchiveKey(key)).toEqual({ instance: "prod", stem });
    expect(parseArchiveKey("archive/prod/_digests/2026-10-08.json")).toBeUndefined();
  });

  it("tells a replacement from every other export", () => {
    fc.assert(
      fc.property(anyText, anyText, (name, other) => {
        const stem = variantStem(encodeKeyPart(name), sha256);
        expect(isVariantOf(stem, encodeKeyPart(name))).toBe(true);
        expect(firstStem(stem)).toBe(encodeKeyPart(name));
        expect(encodeKeyPart(other)).not.toBe(stem);
      }),
      runs(500),
    );
  });

  it("names everything made of it in its own folders", () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (name, replaced) => {
        const stem = replaced ? variantStem(encodeKeyPart(name), sha256) : encodeKeyPart(name);
        expect(layout.landing("2026-10-08", "prod", stem).split("/")).toEqual(["landing", "date=2026-10-08", `prod--${stem}.parquet`]);
        expect(layout.quarantine("prod", stem).split("/")).toHaveLength(3);
        expect(Math.max(...layout.landing("2026-10-08", "x".repeat(63), stem).split("/").map(({ length }) => length))).toBeLessThan(256);
      }),
      runs(500),
    );
  });
});

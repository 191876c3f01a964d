import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decompressExport } from "../../src/aperture/reader/zstd/decompress.ts";
import { ZstdFrameWalker } from "../../src/aperture/reader/zstd/zstd-frames.ts";
import { sampleRecords } from "./sample-record.ts";
import { withFile } from "./read-content.ts";
import { BLOCK_MAX, compressedFrame, frameOf, rawBlock, rawBlocks, RESERVED, rleBlock, skippableFrame } from "./zstd-build.ts";

async function decompress(object: Buffer) {
  const pieces: Buffer[] = [];
  const damage = await withFile(object, (file) => decompressExport(file, (bytes) => void pieces.push(Buffer.from(bytes))));
  return { content: Buffer.concat(pieces), damage, largest: Math.max(0, ...pieces.map(({ length }) => length)) };
}

const RECORDS = sampleRecords(20);
const NOTHING = Buffer.alloc(0);
/** More than zstd writes in one block, and nothing it could compress. */
const NOISE = randomBytes(3 * BLOCK_MAX + 17);

describe("the content of a file is that of all its frames", () => {
  const cases: readonly (readonly [string, Buffer, Buffer])[] = [
    ["one compressed frame with checksum", compressedFrame(RECORDS), RECORDS],
    ["one compressed frame without checksum", compressedFrame(RECORDS, false), RECORDS],
    ["a frame of several blocks", compressedFrame(NOISE), NOISE],
    ["a frame of no content", compressedFrame(NOTHING), NOTHING],
    ["a frame of no content without checksum", compressedFrame(NOTHING, false), NOTHING],
    ["raw blocks", frameOf(rawBlocks(RECORDS, 100)), RECORDS],
    ["blocks of a byte", frameOf(rawBlocks(RECORDS.subarray(0, 2000), 1)), RECORDS.subarray(0, 2000)],
    ["a raw block of no bytes", frameOf([rawBlock(NOTHING), rawBlock(RECORDS), rawBlock(NOTHING)]), RECORDS],
    ["repeated bytes", frameOf([rleBlock(0, 70_000), rleBlock(0xff, 3), rleBlock(7, 0)]), Buffer.concat([Buffer.alloc(70_000), Buffer.alloc(3, 0xff)])],
    ["several frames", Buffer.concat([compressedFrame(RECORDS), compressedFrame(NOISE, false), frameOf(rawBlocks(RECORDS))]), Buffer.concat([RECORDS, NOISE, RECORDS])],
    ["frames that cut records in two", Buffer.concat([compressedFrame(RECORDS.subarray(0, 777)), frameOf(rawBlocks(RECORDS.subarray(777), 50))]), RECORDS],
    ["empty frames between others", Buffer.concat([compressedFrame(NOTHING), compressedFrame(RECORDS), compressedFrame(NOTHING), compressedFrame(RECORDS)]), Buffer.concat([RECORDS, RECORDS])],
    ["skippable frames between others", Buffer.concat([skippableFrame(NOISE, 15), compressedFrame(RECORDS), skippableFrame(NOTHING), compressedFrame(RECORDS), skippableFrame(RECORDS, 7)]), Buffer.concat([RECORDS, RECORDS])],
    ["skippable frames alone", Buffer.concat([skippableFrame(NOISE), skippableFrame(NOTHING, 3)]), NOTHING],
    ["the largest window that is read", frameOf(rawBlocks(RECORDS), 0x88), RECORDS],
    ["a hundred frames", Buffer.concat(Array.from({ length: 100 }, () => compressedFrame(RECORDS))), Buffer.concat(Array.from({ length: 100 }, () => RECORDS))],
  ];

  it.each(cases)("%s", async (_, object, expected) => {
    const { content, damage } = await decompress(object);
    expect(damage).toBeNull();
    expect(content.equals(expected)).toBe(true);
  });

  it("is handed out in pieces of a megabyte at most", async () => {
    const large = Buffer.concat([Buffer.alloc(20 * 2 ** 20), NOISE]);
    const { content, damage, largest } = await decompress(Buffer.concat([compressedFrame(large), compressedFrame(large, false)]));
    expect({ length: content.length, damage }).toEqual({ length: 2 * large.length, damage: null });
    expect(content.equals(Buffer.concat([large, large]))).toBe(true);
    expect(largest).toBeLessThanOrEqual(2 ** 20);
  });
});

describe("a file is damaged that has", () => {
  const good = compressedFrame(RECORDS);
  it.each([
    ["text instead of zstd", Buffer.from("<html><body>503 Service Unavailable"), NOTHING, "not_zstd"],
    ["three bytes", Buffer.from("abc"), NOTHING, "zstd_truncated"],
    ["no bytes", NOTHING, NOTHING, "empty_object"],
    ["junk behind a frame", Buffer.concat([good, Buffer.from("junk!")]), RECORDS, "not_zstd"],
    ["a byte behind a frame", Buffer.concat([good, Buffer.from([0])]), RECORDS, "zstd_truncated"],
    ["zeros behind a frame", Buffer.concat([good, Buffer.alloc(100)]), RECORDS, "not_zstd"],
    ["a block of the reserved type", Buffer.concat([good, frameOf([rawBlock(RECORDS), { type: RESERVED, size: 1, body: Buffer.alloc(1) }])]), Buffer.concat([RECORDS, RECORDS]), "zstd_corrupt"],
    ["a block larger than a block may be", Buffer.concat([good, frameOf([rleBlock(0, BLOCK_MAX + 1)])]), RECORDS, "zstd_corrupt"],
    ["a skippable frame that claims 4 GiB", Buffer.concat([good, Buffer.from("502a4d18ffffffff00", "hex")]), RECORDS, "zstd_truncated"],
    ["a frame that asks for a window of 3.75 TiB", Buffer.concat([good, Buffer.from("28b52ffd00ff010000", "hex")]), RECORDS, "zstd_window_too_large"],
    ["a frame with a window of 144 MiB", Buffer.concat([good, frameOf(rawBlocks(RECORDS), 0x89)]), RECORDS, "zstd_window_too_large"],
    ["a frame of a single segment of 128 MiB and a byte", Buffer.concat([good, Buffer.from("28b52ffda001000008010000", "hex")]), RECORDS, "zstd_window_too_large"],
    ["a frame of a single segment of 2^64 - 1 bytes", Buffer.concat([good, Buffer.from("28b52ffde0ffffffffffffffff010000", "hex")]), RECORDS, "zstd_window_too_large"],
    ["a frame of a dictionary nobody has", Buffer.concat([good, Buffer.from("28b52ffd015007", "hex"), Buffer.from([0x2d, 0, 0, 0xc0, 1, 2, 3, 4])]), RECORDS, "zstd_corrupt"],
  ])("%s", async (_, object, before, code) => {
    const { content, damage } = await decompress(object);
    expect(damage?.code).toBe(code);
    expect(content.subarray(0, before.length).equals(before)).toBe(true);
  });
});

describe("the walker", () => {
  const object = Buffer.concat([
    compressedFrame(RECORDS), skippableFrame(RECORDS, 4), frameOf([...rawBlocks(RECORDS, 400), rleBlock(1, 9)]),
    compressedFrame(NOTHING), skippableFrame(NOTHING), compressedFrame(RECORDS, false),
  ]);

  function boundariesOf(chunks: readonly Buffer[]): [string, number][] {
    const walker = new ZstdFrameWalker();
    const found: [string, number][] = [];
    for (const chunk of chunks) {
      for (let from = 0; from < chunk.length; ) {
        const { to, boundary } = walker.walk(chunk, from);
        if (boundary !== "inside") found.push([boundary, walker.offset]);
        from = to;
      }
    }
    return found;
  }

  it("finds the end of every frame", () => {
    const ends = boundariesOf([object]).flatMap(([boundary, offset]) => (boundary === "frame" ? [offset] : []));
    expect(ends).toHaveLength(6);
    expect(ends.at(-1)).toBe(object.length);
  });

  it("finds the same boundaries however the bytes arrive", () => {
    const whole = boundariesOf([object]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: object.length }), { maxLength: 50 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), object.length];
        const chunks = places.slice(1).map((end, i) => object.subarray(places[i], end));
        expect(boundariesOf(chunks)).toEqual(whole);
      }),
    );
    expect(boundariesOf([...object].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });
});

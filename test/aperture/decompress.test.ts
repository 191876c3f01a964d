import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { bytes, head, integer, map } from "./cbor-build.ts";
import { MOST_MIB, readInChild } from "./child-reading.ts";
import { readObject, readWhole, withFile, type WholeReading } from "./read-content.ts";
import { recordEntries, sampleRecord, sampleRecords, smallRecords } from "./sample-record.ts";
import { BLOCK_MAX, type Block, compressedFrame, frameOf, rawBlock, rawBlocks, RESERVED, rleBlock, skippableFrame } from "./zstd-build.ts";

interface Part {
  frame: Buffer;
  records: number;
}

function offsetsOf(parts: readonly Part[]): { start: number; end: number; before: number; records: number }[] {
  let end = 0;
  let before = 0;
  return parts.map(({ frame, records }) => {
    const place = { start: end, end: end + frame.length, before, records };
    end = place.end;
    before += records;
    return place;
  });
}

/** Ids count up from 0, so that every reading of a part of the file is a run of them. `at` tells which file it was. */
function expectPrefix({ requests }: WholeReading, atLeast: number, atMost: number, at: number): void {
  const count = Math.min(Math.max(requests.length, atLeast), atMost);
  expect({ at, ids: requests.map(({ id }) => id) }).toEqual({ at, ids: Array.from({ length: count }, (_, i) => BigInt(i)) });
}

describe("a file cut short", () => {
  const parts: readonly Part[] = [
    { frame: compressedFrame(smallRecords(3)), records: 3 },
    { frame: skippableFrame(Buffer.from("index")), records: 0 },
    { frame: compressedFrame(smallRecords(2, 3), false), records: 2 },
    { frame: compressedFrame(Buffer.alloc(0)), records: 0 },
    { frame: compressedFrame(smallRecords(2, 5)), records: 2 },
  ];
  const whole = Buffer.concat(parts.map(({ frame }) => frame));
  const places = offsetsOf(parts);

  it("gives the records of its whole frames, wherever the cut is, and is damaged unless it is between frames", async () => {
    await withFile(whole, async (file) => {
      for (let cut = 0; cut <= whole.length; cut++) {
        await writeFile(file, whole.subarray(0, cut));
        const reading = await readWhole(file);
        const frames = places.filter(({ end }) => end <= cut);
        const started = places.filter(({ start }) => start < cut);
        const sum = (some: typeof places): number => some.reduce((all, { records }) => all + records, 0);
        expectPrefix(reading, sum(frames), sum(started), cut);
        const { rejected, damage } = reading;
        expect({ cut, rejected, whole: damage === null }).toEqual({ cut, rejected: 0, whole: frames.some(({ end }) => end === cut) });
      }
    });
  });

  it("gives the records of its whole blocks", async () => {
    const records = Array.from({ length: 6 }, (_, i) => sampleRecord({ id: integer(i) }));
    const frame = frameOf(records.map(rawBlock));
    await withFile(frame, async (file) => {
      for (let cut = 1; cut < frame.length; cut += 7) {
        await writeFile(file, frame.subarray(0, cut));
        const reading = await readWhole(file);
        const blocks = Math.max(0, Math.floor((cut - 6) / (3 + (records[0]?.length ?? 0))));
        expectPrefix(reading, blocks, blocks + 1, cut);
        expect(reading.damage?.code).toBe("zstd_truncated");
      }
    });
  });
});

describe("a file with a byte gone wrong", () => {
  const parts: readonly Part[] = [
    { frame: compressedFrame(sampleRecords(3)), records: 3 },
    { frame: skippableFrame(Buffer.from("an index")), records: 0 },
    { frame: compressedFrame(smallRecords(2, 3)), records: 2 },
    { frame: compressedFrame(Buffer.alloc(0)), records: 0 },
    { frame: compressedFrame(smallRecords(2, 5)), records: 2 },
  ];
  const whole = Buffer.concat(parts.map(({ frame }) => frame));
  const places = offsetsOf(parts);

  it("is damaged, and no record before that frame is lost, wherever the byte is", async () => {
    const flips = [0xff, 0x01, 0x80, 0x10];
    const truth = (await readObject(whole)).requests;
    let damaged = 0;
    await withFile(whole, async (file) => {
      for (let at = 0; at < whole.length; at++) {
        const wrong = Buffer.from(whole);
        wrong[at] = (whole[at] ?? 0) ^ (flips[at % flips.length] ?? 0);
        await writeFile(file, wrong);
        const reading = await readWhole(file);
        const { before = 0 } = places.find(({ end }) => at < end) ?? {};
        // Some bits mean nothing: in a skippable frame, in a header, in how a block is coded. Then nothing has changed.
        const sure = reading.damage === null ? Math.max(reading.requests.length, truth.length) : before;
        expect({ at, requests: reading.requests.slice(0, sure) }).toEqual({ at, requests: truth.slice(0, sure) });
        expect({ at, read: reading.accepted + reading.rejected }).toEqual({ at, read: reading.read });
        if (reading.damage !== null) damaged++;
      }
    });
    expect(damaged).toBeGreaterThan(whole.length * 0.9);
  });
});

describe("a large frame", () => {
  const records = Array.from({ length: 300 }, (_, i) =>
    sampleRecord({ id: integer(i), capture: map([["rawRequestBody", bytes(randomBytes(10_000))]]) }),
  );
  const content = Buffer.concat(records);
  const firstOf = (offset: number): number => Math.floor(offset / (content.length / records.length));

  it("with a wrong checksum gives every record once", async () => {
    const frame = compressedFrame(content);
    const last = frame.length - 1;
    frame[last] = (frame[last] ?? 0) ^ 1;
    const reading = await readObject(frame);
    expectPrefix(reading, 300, 300, last);
    expect(reading).toMatchObject({ contentBytes: content.length, damage: { code: "zstd_corrupt" } });
  });

  it.each([1, 8, 15, 23])("gives every record before a corrupt block, once: block %i", async (index) => {
    const blocks: Block[] = rawBlocks(content);
    const corrupt = Buffer.from(blocks[index]?.body ?? Buffer.alloc(0));
    // Type 2 is a compressed block, and this is none.
    blocks[index] = { type: 2, size: corrupt.length, body: corrupt };
    const reading = await readObject(Buffer.concat([compressedFrame(Buffer.alloc(0)), frameOf(blocks)]));
    expectPrefix(reading, firstOf(index * BLOCK_MAX) - 1, firstOf(index * BLOCK_MAX), index);
    expect(reading.damage?.code).toBe("zstd_corrupt");
  });

  it("gives every record before a block of the reserved type, once", async () => {
    const blocks: Block[] = rawBlocks(content).slice(0, 20);
    const reading = await readObject(frameOf([...blocks, { type: RESERVED, size: 0, body: Buffer.alloc(0) }]));
    expectPrefix(reading, firstOf(20 * BLOCK_MAX) - 1, firstOf(20 * BLOCK_MAX), 20);
    expect(reading.damage?.code).toBe("zstd_corrupt");
  });
});

describe("an export of 2 GiB in some tens of kilobytes", () => {
  const SIZE = 2 ** 31;
  const zeros = Array.from({ length: SIZE / BLOCK_MAX }, () => rleBlock(0, BLOCK_MAX));
  /** A record of one more field, whose value is a string of 2 GiB. */
  const bomb = (field: string, major: number, tail: Buffer): Buffer => {
    const entries = recordEntries({ [field]: undefined });
    const start = Buffer.concat([head(5, entries.length + 1), map(entries).subarray(1), map([[field, head(major, SIZE)]]).subarray(1)]);
    return frameOf([rawBlock(start), ...zeros, rawBlock(tail)]);
  };

  it.each([
    ["in a body", bomb("body", 2, sampleRecord()), { read: 2, accepted: 2, damage: null }],
    ["in a wanted field", bomb("capture_id", 3, sampleRecord()), { read: 2, accepted: 1, damage: null }],
    ["in a text that a client writes", bomb("model", 3, sampleRecord()), { read: 2, accepted: 2, damage: null }],
    ["in a body that never ends", bomb("body", 2, Buffer.alloc(0)).subarray(0, -4), { read: 0, accepted: 0, damage: { code: "zstd_truncated" } }],
  ])("is read in bounded memory: %s", async (_, object, expected) => {
    await withFile(object, async (file) => {
      const found = await readInChild(file, "ts-aperture-export-1791500000.cbor.zstd", 60_000);
      expect(found).toMatchObject(expected);
      expect(found.residentMiB).toBeLessThan(MOST_MIB);
    });
  });
});

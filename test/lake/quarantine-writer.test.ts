import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressExport } from "../../src/aperture/reader/zstd/decompress.ts";
import { extractRecords } from "../../src/aperture/reader/extract-records.ts";
import { type QuarantinedRecord, QuarantineWriter } from "../../src/lake/landing/quarantine-writer.ts";
import { bytes, integer, map, text } from "../aperture/cbor-build.ts";
import { readWhole } from "../aperture/read-content.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import { compressedFrame } from "../aperture/zstd-build.ts";
import type { QuarantineLine } from "../quarantine-line.ts";

const ORIGIN = { instance: "prod", export: 'odd "name".cbor.zstd' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarantine-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function quarantine(object: Buffer): Promise<{ wanted: QuarantinedRecord[]; lines: QuarantineLine[] }> {
  const file = join(folder, "export");
  await writeFile(file, object);
  const { rejections, rejectedPlaces } = await readWhole(file);
  const wanted = rejections.map((rejection, i) => ({ place: rejectedPlaces[i] ?? { position: 0, offset: 0, length: 0 }, ...rejection, cost: i % 2 === 0 ? null : BigInt(i), caller: i % 2 === 0 ? null : `caller ${String(i)}` }));
  const copy = join(folder, "quarantine.ndjson");
  const writer = new QuarantineWriter(copy, ORIGIN);
  await extractRecords(file, wanted, writer);
  writer.close();
  const written = await readFile(copy, "utf8");
  expect(written === "" || written.endsWith("\n")).toBe(true);
  return { wanted, lines: written.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as QuarantineLine) };
}

async function contentOf({ cbor_zstd }: QuarantineLine): Promise<Buffer> {
  const file = join(folder, "record.zstd");
  const compressed = Buffer.from(cbor_zstd, "base64");
  expect(compressed.toString("base64")).toBe(cbor_zstd);
  await writeFile(file, compressed);
  const pieces: Buffer[] = [];
  expect(await decompressExport(file, (piece) => void pieces.push(Buffer.from(piece)))).toBeNull();
  return Buffer.concat(pieces);
}

describe("the quarantine file", () => {
  const good = sampleRecord();
  const large = sampleRecord({ id: text("no id"), capture: map([["rawRequestBody", bytes(randomBytes(3 * 2 ** 20 + 5))]]) });
  const exact = bytes(Buffer.alloc(2 ** 20 - 5, 7));
  const rejected: readonly (readonly [Buffer, string, string | null])[] = [
    [integer(5), "not_a_map", null],
    [sampleRecord({ identity: undefined }), "no_identity", "identity"],
    [large, "wrong_type", "id"],
    [text("one"), "not_a_map", null],
    [exact, "not_a_map", null],
    [large, "wrong_type", "id"],
  ];
  const content = Buffer.concat([good, ...rejected.flatMap(([record]) => [record, good])]);

  function inFrames(size: number): Buffer {
    const count = Math.ceil(content.length / size);
    return Buffer.concat(Array.from({ length: count }, (_, i) => compressedFrame(content.subarray(i * size, (i + 1) * size))));
  }

  function withWrongChecksum(): Buffer {
    const frame = compressedFrame(content);
    const last = frame.length - 1;
    frame[last] = (frame[last] ?? 0) ^ 0xff;
    return frame;
  }

  it.each([
    ["a whole frame", zstdCompressSync(content)],
    ["frames that cut records in two", inFrames(700_001)],
    ["a file that ends in damage", withWrongChecksum()],
  ])("gives back every quarantined record, byte by byte, of %s", async (_, object) => {
    const { lines } = await quarantine(object);
    expect(lines.map(({ reason, field }) => [reason, field])).toEqual(rejected.map(([, reason, field]) => [reason, field]));
    for (const [i, line] of lines.entries()) {
      const record = rejected[i]?.[0] ?? Buffer.alloc(0);
      expect(line).toMatchObject({ ...ORIGIN, position: 2 * i + 1, length: record.length });
      expect(content.subarray(line.offset, line.offset + line.length).equals(record)).toBe(true);
      expect((await contentOf(line)).equals(record)).toBe(true);
      expect(line.sha256).toBe(createHash("sha256").update(record).digest("hex"));
    }
  });

  it("is empty where nothing was quarantined", async () => {
    expect((await quarantine(zstdCompressSync(good))).lines).toEqual([]);
  });

  it("is the same, byte by byte, when it is written again", async () => {
    const written: Buffer[] = [];
    for (let i = 0; i < 2; i++) {
      await quarantine(zstdCompressSync(content));
      written.push(await readFile(join(folder, "quarantine.ndjson")));
    }
    expect(written[0]?.equals(written[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("takes no more memory for a record of half a gigabyte", () => {
    const script = fileURLToPath(new URL("quarantine-in-child.ts", import.meta.url));
    const found = JSON.parse(execFileSync(process.execPath, [script, join(folder, "large.ndjson")], { encoding: "utf8" })) as { residentMiB: number };
    expect(found.residentMiB).toBeLessThan(300);
  });
});

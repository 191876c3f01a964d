import { describe, expect, test } from "vitest";
import { parsePolicyGrants } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { isApiKey, isCredential } from "../../src/aperture/reader/credential.ts";
import { CUT_MARK } from "../../src/aperture/reader/client-text.ts";
import { decompressExport } from "../../src/aperture/reader/zstd/decompress.ts";
import { WINDOW_LOG_MAX, ZstdFrameWalker } from "../../src/aperture/reader/zstd/zstd-frames.ts";
import { array, indefiniteArray, indefiniteText, map, text, textOfBytes } from "./cbor-build.ts";
import { readContent, withFile } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";
import { compressedFrame, frameOf, rawBlocks, skippableFrame } from "./zstd-build.ts";

const LIMIT = 2 ** 16;
const KEPT = LIMIT - Buffer.byteLength(CUT_MARK);

async function readWanted(value: Buffer): Promise<{ wanted: string | undefined; altered: string[] }> {
  const { requests } = await readContent(sampleRecord({ capture: map([["requestHeaders", map([["Wanted", value]])]]) }), ["Wanted"]);
  return { wanted: requests[0]?.headers["wanted"], altered: requests[0]?.remarks.altered.map(({ kind }) => kind) ?? [] };
}

describe("a header at the border of what is kept", () => {
  const x = (count: number): string => "x".repeat(count);

  test.each<[string, Buffer]>([
    ["one text", text(x(LIMIT))],
    ["a text in parts", indefiniteText([x(LIMIT - 1), "x"])],
    ["a list of one", array([text(x(LIMIT))])],
    ["an indefinite list of one", indefiniteArray([text(x(LIMIT - 2))])],
    ["one with replaced bytes", textOfBytes(Buffer.concat([Buffer.from(x(LIMIT - 3)), Buffer.from([0xff])]))],
  ])("is kept whole where it just fits: %s", async (_, value) => {
    const { wanted, altered } = await readWanted(value);
    // Behind each value of an indefinite list another one may follow, for which what joins them has to fit as well.
    expect(Buffer.byteLength(wanted ?? "")).toBe(value[0] === 0x9f ? LIMIT - 2 : LIMIT);
    expect([wanted?.endsWith(CUT_MARK), altered.includes("too_long")]).toEqual([false, false]);
  });

  test.each<[string, Buffer]>([
    ["one text", text(x(LIMIT + 1))],
    ["a text in parts", indefiniteText([x(LIMIT), "x"])],
    ["a list of one", array([text(x(LIMIT + 1))])],
    ["one with replaced bytes", textOfBytes(Buffer.concat([Buffer.from(x(LIMIT - 2)), Buffer.from([0xff])]))],
  ])("is cut where it is a byte longer: %s", async (_, value) => {
    expect(await readWanted(value)).toEqual({ wanted: x(KEPT) + CUT_MARK, altered: ["too_long"] });
  });

  test("of several values fits with what joins them, or is cut", async () => {
    const two = (bytes: number): Buffer => array([text(x(10)), text("y".repeat(bytes - 12))]);
    expect(await readWanted(two(LIMIT))).toEqual({ wanted: `${x(10)}, ${"y".repeat(LIMIT - 12)}`, altered: [] });
    expect(await readWanted(two(LIMIT + 1))).toEqual({ wanted: `${x(10)}, ${"y".repeat(KEPT - 12)}${CUT_MARK}`, altered: ["too_long"] });
    expect((await readWanted(array([textOfBytes(Buffer.from([0x61, 0xff])), text("b")]))).altered).toEqual(["not_utf8"]);
  });

  test("is cut between two characters, whatever their length", async () => {
    for (const character of ["é", "€", "😀"]) {
      const bytes = Buffer.byteLength(character);
      for (let shift = 0; shift < bytes; shift++) {
        const { wanted } = await readWanted(text(x(shift) + character.repeat(LIMIT)));
        expect(wanted).toBe(x(shift) + character.repeat(Math.floor((KEPT - shift) / bytes)) + CUT_MARK);
      }
    }
  });
});

describe("a zstd frame at the border of what is kept in memory", () => {
  const damageOf = async (object: Buffer): Promise<string | undefined> => (await withFile(object, (file) => decompressExport(file, () => undefined)))?.code;
  /** Descriptor, header and the head of an empty last block: a frame whose content is of that many bytes in one segment. */
  const segment = (size: number): Buffer => {
    const header = Buffer.alloc(5);
    header[0] = 0xa0;
    header.writeUInt32LE(size, 1);
    return Buffer.concat([Buffer.from("28b52ffd", "hex"), header, Buffer.from("010000", "hex")]);
  };
  const walk = (object: Buffer): (() => unknown) => () => new ZstdFrameWalker().walk(object, 0).to + new ZstdFrameWalker().walk(object.subarray(4), 0).to;

  test("is read with a window of 128 MiB and refused with a larger one", async () => {
    expect(WINDOW_LOG_MAX).toBe(27);
    const content = Buffer.from("x");
    expect(await damageOf(frameOf(rawBlocks(content), 0x88))).toBeUndefined();
    expect(await damageOf(frameOf(rawBlocks(content), 0x89))).toBe("zstd_window_too_large");
    expect(await damageOf(frameOf(rawBlocks(content), 0x87))).toBeUndefined();
  });

  test("of a single segment is walked over at 128 MiB, and refused a byte further", () => {
    const walker = new ZstdFrameWalker();
    const object = segment(2 ** 27);
    expect(() => {
      for (let from = 0; from < object.length; ) from = walker.walk(object, from).to;
    }).not.toThrow();
    const larger = segment(2 ** 27 + 1);
    const other = new ZstdFrameWalker();
    expect(() => {
      for (let from = 0; from < larger.length; ) from = other.walk(larger, from).to;
    }).toThrow("129 MiB");
    expect(walk(Buffer.from("abcd"))).toThrow("at byte 0");
  });

  test("says where it ends: between frames, or inside of one", async () => {
    const frame = compressedFrame(Buffer.from("hello"));
    expect(await damageOf(Buffer.concat([frame, skippableFrame(Buffer.from("user"))]))).toBeUndefined();
    for (let cut = 1; cut < frame.length; cut++) expect(await damageOf(frame.subarray(0, cut))).toBe("zstd_truncated");
    expect(await damageOf(Buffer.alloc(0))).toBe("empty_object");
    expect(await damageOf(skippableFrame(Buffer.from("user")).subarray(0, 9))).toBe("zstd_truncated");
  });
});

test("a text is a credential from sixteen characters on, by the form of its key", () => {
  expect([`sk-${"a".repeat(16)}`, `sk-${"a".repeat(15)}`, `sk-${"a".repeat(15)}!`].map(isCredential)).toEqual([true, false, false]);
  expect([isApiKey(`sk-${"a".repeat(16)}`), isApiKey("sk-word"), isCredential("eyJa.eyJb.")]).toEqual([true, false, false]);
  expect(isCredential("eyJhbGciOiJI.eyJzdWIi.x")).toBe(true);
});

test("a grant without sources has none, and is still a grant", () => {
  const grants = [{ app: { "tailscale.com/cap/aperture": [{ role: "user", models: "a/*" }] } }, { src: null, app: { "tailscale.com/cap/aperture": [] } }];
  expect(parsePolicyGrants(JSON.stringify({ grants }), "policy").map(({ src, roles, models }) => ({ src, roles, models }))).toEqual([
    { src: [], roles: ["user"], models: [{ pattern: "a/*", buckets: [] }] },
    { src: [], roles: [], models: [] },
  ]);
});

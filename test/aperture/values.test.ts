import { describe, expect, it } from "vitest";
import {
  array, bytes, double, half, head, indefiniteBytes, integer, map, nested, single, tagged, text,
} from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

const NOON = Date.UTC(2026, 9, 5, 12) * 1000;
const NOON_SECONDS = NOON / 1e6;

async function readField<Read>(changes: Record<string, Buffer>, field: string): Promise<Read | string> {
  const { requests, rejections } = await readContent(sampleRecord(changes));
  const [request] = requests;
  return request === undefined ? (rejections[0]?.reason ?? "nothing") : (Reflect.get(request, field) as Read);
}

describe("a time is read from", () => {
  it.each([
    ["text", text("2026-10-05T12:00:00Z"), NOON],
    ["text with nanoseconds, cut to microseconds", text("2026-10-05T12:00:00.999999999Z"), NOON + 999_999],
    ["text with one decimal", text("2026-10-05T12:00:00.5Z"), NOON + 500_000],
    ["text in lower case", text("2026-10-05t12:00:00z"), NOON],
    ["text with an offset", text("2026-10-05T14:00:00+02:00"), NOON],
    ["text with an offset across midnight", text("2026-10-04T21:30:00-14:30"), NOON],
    ["a leap second", text("2026-10-05T11:59:60Z"), NOON],
    ["tag 0", tagged(0, text("2026-10-05T12:00:00Z")), NOON],
    ["tag 1, whole", tagged(1, integer(NOON_SECONDS)), NOON],
    ["tag 1, a float", tagged(1, double(NOON_SECONDS + 0.25)), NOON + 250_000],
    ["whole seconds", integer(NOON_SECONDS), NOON],
    ["a float of seconds", double(NOON_SECONDS + 0.123456), NOON + 123_456],
    ["29 February", text("2024-02-29T00:00:00Z"), Date.UTC(2024, 1, 29) * 1000],
    ["the earliest there can be", text("2020-01-01T00:00:00Z"), Date.UTC(2020, 0, 1) * 1000],
  ])("%s", async (_, timestamp, ts) => {
    expect(await readField<number>({ timestamp }, "ts")).toBe(ts);
  });
});

describe("no time is", () => {
  it.each([
    ["a date", text("2026-10-05")], ["a time without zone", text("2026-10-05T12:00:00")], ["an empty text", text("")],
    ["31 April", text("2026-04-31T12:00:00Z")], ["29 February 2026", text("2026-02-29T12:00:00Z")],
    ["month 13", text("2026-13-01T12:00:00Z")], ["24 o'clock", text("2026-10-05T24:00:00Z")],
    ["minute 60", text("2026-10-05T12:60:00Z")], ["an offset of 24 hours", text("2026-10-05T12:00:00+24:00")],
    ["a fraction without digits", text("2026-10-05T12:00:00.Z")], ["text around a time", text(" 2026-10-05T12:00:00Z")],
    ["digits of another script", text("２０２６-10-05T12:00:00Z")],
    ["tag 0 around a number", tagged(0, integer(NOON_SECONDS))], ["tag 1 around a text", tagged(1, text("2026-10-05T12:00:00Z"))],
    ["tag 1 twice", tagged(1, tagged(1, integer(NOON_SECONDS)))], ["another tag", tagged(100, integer(NOON_SECONDS))],
    ["not a number", double(NaN)], ["infinity", double(Infinity)], ["2^64 - 1", integer(2n ** 64n - 1n)],
    ["a list", array([integer(NOON_SECONDS)])], ["a map", map([["seconds", integer(NOON_SECONDS)]])],
  ])("%s", async (_, timestamp) => {
    expect(await readField({ timestamp }, "ts")).toBe("timestamp_invalid");
  });
});

describe("an id is exact", () => {
  it.each([
    ["0", integer(0), 0n],
    ["2^53 - 1", integer(2 ** 53 - 1), 2n ** 53n - 1n],
    ["2^53 + 1", integer(2n ** 53n + 1n), 2n ** 53n + 1n],
    ["the largest", integer(2n ** 63n - 1n), 2n ** 63n - 1n],
    ["-1", integer(-1), -1n],
    ["the smallest", integer(-(2n ** 63n)), -(2n ** 63n)],
    ["-2^53", integer(-(2n ** 53n)), -(2n ** 53n)],
    ["-2^53 - 1", integer(-(2n ** 53n) - 1n), -(2n ** 53n) - 1n],
    ["a bignum", tagged(2, bytes(Buffer.from("7fffffffffffffff", "hex"))), 2n ** 63n - 1n],
    ["a negative bignum", tagged(3, bytes(Buffer.from("7fffffffffffffff", "hex"))), -(2n ** 63n)],
    ["a bignum with zeros before it", tagged(2, bytes(Buffer.from("00000000000000000005", "hex"))), 5n],
    ["a bignum of no bytes", tagged(2, bytes(Buffer.alloc(0))), 0n],
    ["a bignum in parts", tagged(2, indefiniteBytes([Buffer.from([1]), Buffer.from([0])])), 256n],
  ])("%s", async (_, id, exact) => {
    expect(await readField<bigint>({ id }, "id")).toBe(exact);
  });
});

describe("dollars are read from", () => {
  it.each([
    ["a half float", half(0x3800), 500_000_000n],
    ["the smallest half float", half(0x0001), 60n],
    ["the largest half float", half(0x7bff), 65_504_000_000_000n],
    ["a negative zero", half(0x8000), 0n],
    ["a single float", single(0.25), 250_000_000n],
    ["a double float", double(0.046167639999999996), 46_167_640n],
    ["a whole number", integer(3), 3_000_000_000n],
    ["a bignum", tagged(2, bytes(Buffer.from([0, 3]))), 3_000_000_000n],
    ["half a nanodollar", double(5e-10), 1n],
    ["less than half a nanodollar", double(4.9e-10), 0n],
    ["the most there can be", double(999_999_999), 999_999_999_000_000_000n],
    ["the float before a billion", double(999_999_999.9999999), 999_999_999_999_999_872n],
  ])("%s", async (_, dollars, cost) => {
    expect(await readField<bigint>({ estimated_cost: map([["dollars", dollars]]) }, "cost")).toBe(cost);
  });
});

describe("a count may be", () => {
  it.each([
    ["the largest", integer(2 ** 53 - 1), 2 ** 53 - 1],
    ["a whole float", double(12), 12],
    ["a whole half float", half(0x4900), 10],
    ["in a long head", integer(5, 8), 5],
    ["a bignum", tagged(2, bytes(Buffer.from([1, 0]))), 256],
    ["a bignum of 2^53 - 1", tagged(2, bytes(Buffer.from("1fffffffffffff", "hex"))), 2 ** 53 - 1],
  ])("%s", async (_, count, tokens) => {
    const usage = map([["input_tokens", count]]);
    expect(await readField({ usage }, "usage")).toMatchObject({ inputTokens: tokens });
  });
});

describe("an item nested a million deep", () => {
  const list = head(4, 1);
  const pair = head(4, 2);
  const DEPTH = 1_100_000;

  it("is passed over where each level ends with it", async () => {
    const capture = map([["requestBody", nested(DEPTH, list)]]);
    expect(await readContent(Buffer.concat([sampleRecord({ capture }), sampleRecord()]))).toMatchObject({ accepted: 2, damage: null });
  });

  it.each([
    ["lists that go on", nested(DEPTH, pair, integer(0))],
    ["indefinite lists", nested(DEPTH, Buffer.from([0x9f]), Buffer.from([0xff]))],
    ["indefinite maps", nested(DEPTH, Buffer.from([0xbf, 0x00]), Buffer.from([0xff]))],
  ])("is damage and no crash: %s", async (_, body) => {
    const content = Buffer.concat([sampleRecord(), sampleRecord({ capture: map([["requestBody", body]]) })]);
    expect(await readContent(content)).toMatchObject({ read: 1, damage: { code: "cbor_too_deep" } });
  });

  it("in a wanted field is quarantined", async () => {
    const { rejections } = await readContent(sampleRecord({ model: nested(DEPTH, list) }));
    expect(rejections).toEqual([{ reason: "too_deep", field: "model" }]);
  });
});

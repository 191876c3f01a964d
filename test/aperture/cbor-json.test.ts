import fc from "fast-check";
import { encode } from "cborg";
import { describe, expect, test } from "vitest";
import { writeJson } from "../../src/aperture/reader/cbor/cbor-json.ts";
import * as cbor from "./cbor-build.ts";

function jsonOf(item: Buffer): string {
  let text = "";
  writeJson(item, (piece) => (text += piece));
  return text;
}

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: "value" },
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
})).value;

describe("CBOR as JSON", () => {
  test("is the value that was encoded, whatever is plain JSON", () => {
    fc.assert(
      fc.property(value, (plain) => {
        expect(JSON.parse(jsonOf(Buffer.from(encode(plain))))).toEqual(JSON.parse(JSON.stringify(plain)));
      }),
    );
  });

  test.each<[string, Buffer, string]>([
    ["integers keep all their digits", cbor.integer(2n ** 64n - 1n), "18446744073709551615"],
    ["negative ones too", cbor.integer(-(2n ** 64n)), "-18446744073709551616"],
    ["bignums are numbers", cbor.tagged(2, cbor.bytes(Buffer.from("010000000000000000", "hex"))), "18446744073709551616"],
    ["negative bignums too", cbor.tagged(3, cbor.bytes(Buffer.from("010000000000000000", "hex"))), "-18446744073709551617"],
    ["bytes are base64", cbor.bytes(Buffer.from([1, 2, 255])), '{"base64":"AQL/"}'],
    ["parted bytes are put together", cbor.indefiniteBytes([Buffer.from([1]), Buffer.from([2, 255])]), '{"base64":"AQL/"}'],
    ["parted texts are put together", cbor.indefiniteText(["a\n", "b"]), '"a\\nb"'],
    ["texts that are no UTF-8 are their bytes", cbor.textOfBytes(Buffer.from([0x61, 0xff])), '{"base64":"Yf8="}'],
    ["tags are their content", cbor.tagged(0, cbor.text("2026-10-05T12:00:00Z")), '"2026-10-05T12:00:00Z"'],
    ["infinity is text", cbor.double(-Infinity), '"-Infinity"'],
    ["NaN is text", cbor.half(0x7e00), '"NaN"'],
    ["undefined is null", cbor.UNDEFINED, "null"],
    ["what has no meaning is text", cbor.simple(99), '"simple(99)"'],
    ["keys that are no text become text", cbor.map([[cbor.integer(-1), cbor.TRUE], [cbor.bytes(Buffer.from([1])), cbor.FALSE], [cbor.NULL, cbor.NULL]]), '{"-1":true,"base64:QQE=":false,"null":null}'],
    ["repeated keys are repeated", cbor.map([["a", cbor.integer(1)], ["a", cbor.integer(2)]]), '{"a":1,"a":2}'],
    ["indefinite containers are containers", cbor.indefiniteMap([["a", cbor.indefiniteArray([cbor.integer(1), cbor.array([])])]]), '{"a":[1,[]]}'],
  ])("%s", (_, item, expected) => expect(jsonOf(item)).toBe(expected));

  test("takes any depth and long strings, piece by piece", () => {
    const depth = 200_000;
    expect(jsonOf(cbor.nested(depth, cbor.head(4, 1)))).toBe(`${"[".repeat(depth)}0${"]".repeat(depth)}`);
    const long = "aß😀".repeat(100_000);
    let longest = 0;
    let text = "";
    writeJson(cbor.text(long), (piece) => {
      longest = Math.max(longest, piece.length);
      text += piece;
    });
    expect(JSON.parse(text)).toBe(long);
    expect(longest).toBeLessThan(200_000);
  });
});

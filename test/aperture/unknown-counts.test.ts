import { expect, test } from "vitest";
import { array, bytes, double, indefiniteText, integer, map, NULL, tagged, text, textOfBytes } from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

const BIGNUM = 2;
const UNIT = 40_000;

/** What is read of a record with this under a name of `usage` that nobody knows. */
async function readCount(value: Buffer): Promise<unknown> {
  const { requests } = await readContent(sampleRecord({ usage: map([["input_tokens", integer(10)], ["audio_tokens", value]]) }));
  expect(requests[0]?.remarks.unknownKeys).toEqual(["usage.audio_tokens"]);
  return requests[0]?.unknownCounts.get("audio_tokens");
}

test.each([
  ["a number", integer(4034), 4034],
  ["a fraction", double(2.5), 2.5],
  ["a bignum", tagged(BIGNUM, bytes(Buffer.from([1, 0]))), 256],
  ["a number with a tag", tagged(UNIT, integer(4034)), 4034],
  ["a number with two tags", tagged(UNIT, tagged(UNIT, double(2.5))), 2.5],
  ["a text of digits", text("4034"), 4034],
  ["a text of digits in parts", indefiniteText(["40", "34"]), 4034],
  ["a text of a fraction", text("2.5"), 2.5],
  ["a text of digits with a tag", tagged(UNIT, text("4034")), 4034],
  ["a text of very many digits", text("9".repeat(400)), Number.MAX_SAFE_INTEGER],
])("%s is a count", async (_what, value, count) => {
  expect(await readCount(value)).toBe(count);
});

test.each([
  ["0", integer(0)], ["null", NULL], ["a negative number", integer(-1)], ["0 with a tag", tagged(UNIT, integer(0))], ["a text of 0", text("0.0")],
  ["an empty text", text("")], ["a text", text("standard")], ["a text that only begins with digits", text("4034 tokens")], ["a negative text", text("-3")],
  ["a text that is no UTF-8", textOfBytes(Buffer.from("3\xff", "latin1"))], ["bytes", bytes(Buffer.from("3"))],
  ["a map of details", map([["cached_tokens", integer(3)]])], ["a list", array([integer(3)])], ["a list with a tag", tagged(UNIT, array([integer(3)]))],
])("%s is none", async (_what, value) => {
  expect(await readCount(value)).toBeUndefined();
});

test("names that stand for others, and names of two words, are shown whole", async () => {
  const usage = map([[integer(3), integer(1)], [text("n".repeat(300)), integer(2)], ["audio tokens", integer(3)]]);
  const { requests } = await readContent(sampleRecord({ usage }));
  expect(requests[0]?.remarks.unknownKeys).toEqual(["usage.(no text)", "usage.(too long)", "usage.audio tokens"]);
  expect([...(requests[0]?.unknownCounts ?? [])]).toEqual([["(no text)", 1], ["(too long)", 2], ["audio tokens", 3]]);
});

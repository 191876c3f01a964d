import { expect, test } from "vitest";
import { BREAK, integer, map, text } from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

/** An indefinite map of these items, one after the other. */
const indefinite = (...items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from([0xbf]), ...items, BREAK]);

test("a map that nobody reads may not end between a key and its value", async () => {
  const broken = await readContent(Buffer.concat([sampleRecord({ model: text("before") }), sampleRecord({ "x-unknown": indefinite(text("a"), integer(1), text("b")) })]));
  expect(broken.requests.map(({ model }) => model)).toEqual(["before"]);
  expect(broken.damage).toMatchObject({ code: "cbor_malformed", message: expect.stringContaining("a map ends between key and value") as string });

  const whole = await readContent(Buffer.concat([sampleRecord({ model: text("before") }), sampleRecord({ "x-unknown": indefinite(text("a"), integer(1), text("b"), map([])) })]));
  expect([whole.requests.length, whole.damage]).toEqual([2, null]);
});

test("a map that nobody reads may not end where a list of known length is open", async () => {
  const { requests, damage } = await readContent(sampleRecord({ "x-unknown": Buffer.concat([Buffer.from([0x82]), integer(1), BREAK]) }));
  expect(requests).toEqual([]);
  expect(damage).toMatchObject({ message: expect.stringContaining("a break where no indefinite item is open") as string });
});

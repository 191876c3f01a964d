import { expect, test } from "vitest";
import { z } from "zod";
import { parseHuJson } from "../../src/aperture/gateway/hujson.ts";
import { keepMaps, keptMap, textMap, writtenObject } from "../../src/ledger/names/written-map.ts";

const LISTS = textMap({ key: z.string().regex(/^[^ ]+$/, "no spaces"), value: z.array(z.string()) });

test("a map of texts keeps every key that HuJSON has, in the order of the text", () => {
  const read = LISTS.parse(parseHuJson('{ "b": ["x"], "4100": [], /* more */ "0041": [], "__proto__": ["y"], "1": [], }', "it"));
  expect([...read]).toEqual([["b", ["x"]], ["4100", []], ["0041", []], ["__proto__", ["y"]], ["1", []]]);
});

test("a key that is there twice is a mistake, unless the last one counts", () => {
  const twice = parseHuJson('{ "a": ["1"], "b": [], "a": ["2"] }', "it");
  expect(LISTS.safeParse(twice).error?.issues).toMatchObject([{ path: ["a"], message: "the key occurs twice" }]);
  expect([...textMap({ value: z.array(z.string()), repeated: "last counts" }).parse(twice)]).toEqual([["a", ["2"]], ["b", []]]);
});

test("a mistake is at its key", () => {
  const { error } = z.object({ lists: LISTS }).safeParse({ lists: writtenObject([["a b", []], ["c", ["x", 7]]]) });
  expect(error?.issues.map(({ path, message }) => [path, message])).toEqual([[["lists", "a b"], "no spaces"], [["lists", "c", 1], expect.stringContaining("expected string")]]);
});

test("what was checked once can be checked again", () => {
  const once = LISTS.parse({ a: ["x"] });
  expect(LISTS.parse(once)).toEqual(once);
});

test("its JSON Schema is that of an object, also where more is asked of it", () => {
  const schema = z.toJSONSchema(LISTS.refine((map) => map.size > 0).optional(), { io: "input" });
  expect(schema).toMatchObject({ type: "object", propertyNames: { pattern: "^[^ ]+$" }, additionalProperties: { type: "array", items: { type: "string" } } });
});

test("JSON keeps a map as pairs, and reads objects that were kept before", () => {
  const map = new Map([["9", 1], ["__proto__", 2], ["1", 3]]);
  const kept = z.object({ weights: keptMap(z.number()) });
  expect([...kept.parse(JSON.parse(JSON.stringify(keepMaps({ weights: map })))).weights]).toEqual([...map]);
  expect([...kept.parse(JSON.parse('{"weights": {"b": 1, "a": 2}}')).weights]).toEqual([["b", 1], ["a", 2]]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import type { Config } from "../../src/config/config.ts";
import { writtenEntries } from "../../src/ledger/names/written-map.ts";
import { AWKWARD_NAMES } from "../awkward-names.ts";

function read(text: string): Config {
  const { value, places } = parseYaml(text, "the file");
  return checkConfig(value, "the file", places);
}

function rules(...written: string[]): string {
  return `dimensions: {pr: X-PR}\nallocation:\n  rules:\n${written.map((rule) => `    - ${rule}\n`).join("")}`;
}

describe("keys of a user", () => {
  test("keep their order and their text", () => {
    const [rule] = read(rules('{when: {}, by: pr, teams: {"41*": a, 4100: b, 0041: c, 007: d, 7: e, 0x10: f, 1e3: g, true: h, ~: i, __proto__: j, constructor: k, 2: l}}')).allocation.rules;
    expect([...(rule?.teams ?? [])].flat().join(" ")).toBe("41* a 4100 b 0041 c 007 d 7 e 0x10 f 1e3 g true h ~ i __proto__ j constructor k 2 l");
  });

  test("that differ in their zeros are two teams", () => {
    expect(read(rules('{when: {}, split: {007: 1, "7": 2}}')).allocation.rules[0]?.split).toEqual(new Map([["007", 1], ["7", 2]]));
  });

  test("come through anchors and aliases", () => {
    const [one, other] = read(rules("{when: {}, by: pr, teams: &all {4100: a, 0041: b}}", "{when: {pr: x}, by: pr, teams: *all}")).allocation.rules;
    expect([one?.teams, other?.teams].map((teams) => [...(teams ?? [])])).toEqual([[["4100", "a"], ["0041", "b"]], [["4100", "a"], ["0041", "b"]]]);
  });

  test.each([
    ["a key that is there twice", rules('{when: {}, split: {0041: 1, "0041": 2}}'), /"0041" occurs twice, first at line 4, column 26 \(line 4, column 35\)/],
    ["one of a section", "timezone: UTC\ntimezone: UTC\n", /"timezone" occurs twice, first at line 1, column 1 \(line 2, column 1\)/],
    ["one that two anchors write", rules("{when: {}, split: {&a x: 1, *a : 2}}"), /"x" occurs twice/],
    ["a list as a key", "? [a, b]\n: 1\n", /a key is a list or a map \(line 1, column 3\)/],
    ["an alias of what is around it", "lake: &a [*a]\n", /an alias refers to a value that contains it/],
    ["a dimension of a name that objects have of their own", rules("{when: {__proto__: x}, team: a}"), /there is no dimension __proto__.*\n.*when\.__proto__ \(line 4, column 26\)/],
    ["one that looks like a number", rules("{when: {4100: x}, team: a}"), /there is no dimension 4100/],
    ["such a name of a dimension itself", "dimensions: {4100: X-A}\n", /names are of lower-case letters.*\n.*dimensions\.4100 \(line 1, column 20\)/],
    ["such a key of a section", "__proto__: 1\n4100: 2\n", /Unrecognized keys: "4100", "__proto__"/],
    ["no map at all", rules("{when: {}, split: [a]}"), /rules\[0\]\.split \(line 4, column 25\)/],
  ])("%s is a mistake that says where", (_what, text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(message) as string }));
  });

  test("any texts, in any order, come out as they went in", () => {
    const name = fc.oneof(fc.constantFrom(...AWKWARD_NAMES), fc.integer({ min: 0, max: 99 }).map(String), fc.string({ minLength: 1, unit: "grapheme" }));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const { value } = parseYaml(`{${names.map((key, index) => `${JSON.stringify(key)}: ${String(index)}`).join(", ")}}`, "it");
        expect(writtenEntries(value)).toEqual(names.map((key, index) => [key, index]));
      }),
    );
  });
});

describe("values", () => {
  test("are taken as they are written where a text is wanted, and YAML made something else of them", () => {
    const { directory, allocation, limits } = read(`
directory: {teams: [{name: 0041, cost_center: 0100, members: [007, {member: 1e3}]}, {name: true}]}
${rules("{when: {pr: [0x10, 2.50]}, by: pr, teams: {a: 0041}}", "{when: {pr: 0100}, primary: [0041]}")}limits: [{name: 007, scope: {team: 0041, pr: 1.0}, amount: 500, per: month}]
`);
    expect(directory.teams.map(({ name, cost_center, members }) => [name, cost_center, members])).toEqual([["0041", "0100", ["007", { member: "1e3" }]], ["true", undefined, []]]);
    expect(allocation.rules.map(({ when, teams, primary }) => [when.get("pr"), teams?.get("a"), primary])).toEqual([[["0x10", "2.50"], "0041", undefined], ["0100", undefined, ["0041"]]]);
    expect(limits.map(({ name, scope, amount }) => [name, scope.get("team"), scope.get("pr"), amount])).toEqual([["007", "0041", "1.0", 500]]);
  });

  test("stay numbers where numbers are wanted", () => {
    expect(read("prices: [{match: m, input: 0.50}]\nworker: {attempts: 3}\n")).toMatchObject({ prices: [{ match: "m", input: 0.5 }], worker: { attempts: 3 } });
  });

  test.each([
    ["nothing where a text is wanted", "directory: {teams: [{name: a, cost_center: }]}\n", /expected string, received null.*\n.*cost_center/],
    ["a number that is no such text", "archive: {retention: [{content: records, keep: 90}]}\n", /a time such as 90 days/],
  ])("%s is a mistake", (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

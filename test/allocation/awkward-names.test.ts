import fc from "fast-check";
import { expect, test } from "vitest";
import { listRows } from "./model/allocation-rows.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { matchName } from "../../src/ledger/names/written-name.ts";
import { allocateUsages } from "./split-usages.ts";
import { usageOf } from "./who-pays.ts";

/** Names that a plain object, or YAML without quotes, would put in another order or make something else of. */
const NAMES = ["4100", "0041", "41", "007", "7", "1e3", "0x10", "2", "10", "true", "null", "__proto__", "constructor", "valueOf", "web", "dependabot[bot]", "b-a", "a*b", "what?"];
const PATTERNS = ["41*", "*0*", "??", "__*", "*", "**"];
const OCTOBER = boundMonth("2026-10", "UTC");

/** Team (in order of name), tag, dimensions and cost of every row, from a configuration as YAML. */
function allocate(yaml: string, dimensions: readonly (readonly [string, string])[], by = "tag:x"): [string | null, string | null, string | null, string | null][] {
  const { value, places } = parseYaml(yaml, "it");
  const settings = allocationSettings(checkConfig(value, "it", places), []);
  const usage = usageOf({ by, cost: 1_000_000_000n, of: { dimensions: Object.fromEntries(dimensions) } });
  const rows = listRows(allocateUsages(settings, OCTOBER, [usage]).allocated).map(([team = null, , , , tag = null, of = null, ...rest]): [string | null, string | null, string | null, string | null] => [team, tag, of, rest.at(8) ?? null]);
  return rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

/** Names stand without quotes where they may; patterns do not, nor does what means that there is nothing. */
function plain(name: string): string {
  return /^\w+$/.test(name) && name !== "null" ? name : JSON.stringify(name);
}

function directoryOf(teams: readonly string[]): string {
  return `directory: {teams: [${teams.map((name) => `{name: ${plain(name)}}`).join(", ")}]}\n`;
}

const name = fc.constantFrom(...NAMES);

test("of the values of a dimension the first that is written and matches decides, whatever they are called", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...NAMES, ...PATTERNS), { minLength: 1, maxLength: 8 }), fc.array(name, { minLength: 8, maxLength: 8 }), fc.constantFrom("constructor", "pr"), name, (written, teams, dimension, value) => {
      const owners = written.map((pattern, index): [string, string] => [pattern, teams[index]!]);
      const yaml = `${directoryOf([...new Set(teams)])}dimensions: {${dimension}: X-PR}\nallocation: {rules: [{name: r, when: {}, by: ${dimension}, teams: {${owners.map(([pattern, team]) => `${plain(pattern)}: ${plain(team)}`).join(", ")}}}]}\n`;
      const owner = owners.find(([pattern]) => matchName(pattern)(value))?.[1] ?? "(unallocated)";
      expect(allocate(yaml, [[dimension, value]])).toEqual([[owner, "tag:x", JSON.stringify([{ k: dimension, v: value }]), "1.000000000"]]);
    }),
    { numRuns: 300 },
  );
});

test("weights are each team's own, by the text of its name", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (teams) => {
      const yaml = `${directoryOf(teams)}allocation: {rules: [{when: {}, split: {${teams.map((team, index) => `${plain(team)}: ${String(2 ** index)}`).join(", ")}}}]}\n`;
      const all = 2 ** teams.length - 1;
      const costs = new Map(allocate(yaml, []).map(([team, , , cost]) => [team, Number(cost)]));
      expect([...costs.keys()].toSorted()).toEqual(teams.toSorted());
      for (const [index, team] of teams.entries()) expect(costs.get(team)).toBeCloseTo(2 ** index / all, 8);
    }),
  );
});

test("members, tags and conditions mean such names too", () => {
  fc.assert(
    fc.property(name, name, (team, value) => {
      const tag = `tag:${value}`;
      expect(allocate(`directory: {teams: [{name: ${plain(team)}, members: [${JSON.stringify(tag)}]}]}\n`, [], tag)).toEqual([[team, tag, "[]", "1.000000000"]]);
      const person = value.toLowerCase();
      expect(allocate(`directory: {teams: [{name: ${plain(team)}, members: [${plain(value)}]}]}\n`, [], person)).toEqual([[team, "(untagged)", "[]", "1.000000000"]]);
      const rule = `${directoryOf([team])}dimensions: {constructor: X-C}\nallocation: {rules: [{when: {constructor: ${plain(value)}, tag: "*"}, team: ${plain(team)}}]}\n`;
      expect(allocate(rule, [["constructor", value]])[0]?.slice(0, 2)).toEqual([team, "tag:x"]);
      expect(allocate(rule, [["constructor", `${value}!`]])[0]?.slice(0, 2)).toEqual(["(unallocated)", "tag:x"]);
    }),
  );
});

test("a pool takes and gives by such names", () => {
  const yaml = `${directoryOf(["007", "7", "__proto__"])}allocation:
  rules: [{when: {}, team: 007}]
  pools: [{name: shared, when: {team: 007}, spread: {7: 1, __proto__: 3}}]\n`;
  expect(allocate(yaml, []).map(([team, , , cost]) => [team, cost])).toEqual([["7", "0.250000000"], ["__proto__", "0.750000000"]]);
});

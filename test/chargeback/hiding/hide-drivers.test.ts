import { expect, test } from "vitest";
import type { DriverCrowd } from "../../../src/chargeback/hiding/driver-crowds.ts";
import { hideCompanyDrivers, hideTeamDrivers } from "../../../src/chargeback/hiding/hide-drivers.ts";
import type { HiddenOfTeam } from "../../../src/chargeback/hiding/hiding.ts";
import type { ChangeDriver } from "../../../src/chargeback/report/drivers.ts";

const NOTHING: HiddenOfTeam = { team: "red", people: new Set(), isSmall: false, othersType: "user", callers: new Set(), models: new Set(), tags: new Set(), agents: new Set(), values: new Map(), days: new Set() };
const ALL = ["1", "2", "3", "4"];

/** Figures of team red unless said otherwise, and of each caller of them. */
function span(...rows: ([kind: string, name: string | null, people: string[]] | [kind: string, name: string | null, people: string[], team: string])[]): DriverCrowd[] {
  const of = (kind: string, name: string | null, people: readonly string[], team: string): DriverCrowd => ({ team, costCenter: null, kind, name, cost: 1n, people, own: people });
  const callers = [...Map.groupBy(rows, ([, , , team = "red"]) => team)].flatMap(([team, ofTeam]) => [...new Set(ofTeam.flatMap(([, , people]) => people))].map((caller) => of("caller", caller, [caller], team)));
  return [...rows.map(([kind, name, people, team = "red"]) => of(kind, name, people, team)), ...callers];
}

const driver = (kind: string, name: string): ChangeDriver => ({ kind, name, difference: 1n });

const BOTH = span(["model", "opus", ALL]);

test.each<[string, ChangeDriver, DriverCrowd[], DriverCrowd[], boolean]>([
  ["a model that enough people use in both months stays", driver("model", "opus"), BOTH, BOTH, true],
  ["one that one person used in the month before is left out", driver("model", "odd"), span(["model", "opus", ALL], ["model", "sonnet", ALL.slice(1)], ["model", "odd", ["1"]]), span(["model", "odd", ALL]), false],
  ["one that one person uses now is left out", driver("repo", "cave"), BOTH, span(["repo", "cave", ["1"]], ["repo", "web", ALL]), false],
  ["so is the only other one, whose sum would say what that one is", driver("repo", "web"), BOTH, span(["repo", "cave", ["1"]], ["repo", "web", ALL]), false],
  ["and each of several that may go with it", driver("repo", "api"), BOTH, span(["repo", "cave", ["1"]], ["repo", "web", ALL], ["repo", "api", ALL]), false],
  ["requests without a repository count as one", driver("repo", "web"), BOTH, span(["repo", null, ["1"]], ["repo", "web", ALL]), false],
  ["one that stays where those of few are enough people together", driver("repo", "web"), BOTH, span(["repo", "cave", ["1", "2"]], ["repo", "den", ["3", "4"]], ["repo", "web", ALL]), true],
  ["one of devices alone stays", driver("model", "ci"), BOTH, span(["model", "opus", ALL], ["model", "ci", []]), true],
  ["unless nothing else goes with that of one person", driver("model", "ci"), BOTH, span(["model", "odd", ["1"]], ["model", "ci", []], ["repo", "web", ALL]), false],
  ["a charge for few people is left out", driver("charge", "seats"), BOTH, span(["charge", "seats", ["1"]], ["charge", "credits", ALL], ["model", "opus", ALL]), false],
  ["and hides no model, since it stands in a column of its own", driver("model", "opus"), BOTH, span(["charge", "seats", ["1"]], ["model", "opus", ALL]), true],
  ["a person of a large team stays", driver("caller", "1"), BOTH, BOTH, true],
  ["a team that was small has none", driver("model", "opus"), span(["model", "opus", ["1", "2"]]), BOTH, false],
  ["a team that is new has them", driver("model", "opus"), [], BOTH, true],
])("of a team: %s", (_, given, before, now, stays) => {
  expect(hideTeamDrivers([given], { hidden: NOTHING, compared: { before, now }, smallestGroup: 3 })).toEqual(stays ? [given] : []);
});

test("of a team: what its tables have as others is left out", () => {
  const hidden: HiddenOfTeam = { ...NOTHING, callers: new Set(["1"]), models: new Set(['["own","opus"]']), values: new Map([["repo", new Set(["web"])]]) };
  const shown = [driver("caller", "2"), driver("model", "own/haiku"), driver("repo", "api")];
  const others = [driver("caller", "1"), driver("model", "own/opus"), driver("repo", "web")];
  expect(hideTeamDrivers([...others, ...shown], { hidden, compared: { before: BOTH, now: BOTH }, smallestGroup: 3 })).toEqual(shown);
});

test("of the company: people of a team that is or was small are left out, and models of few people of all teams", () => {
  const before = span(["model", "opus", ALL], ["model", "opus", ["7"], "blue"]);
  const now = span(["model", "opus", ALL], ["model", "opus", ["8", "9"], "blue"], ["model", "haiku", ["8", "4"]]);
  const keep = (of: ChangeDriver): boolean => hideCompanyDrivers([of], ({ name }) => name === "2", { before, now }, 2).length === 1;
  // In groups of two blue was small; who goes with its person is the last of the others.
  expect(["1", "2", "3", "4", "7", "8", "9"].filter((name) => keep(driver("caller", name)))).toEqual(["1", "3", "8", "9"]);
  expect([keep(driver("model", "opus")), keep(driver("model", "haiku"))]).toEqual([true, true]);
  expect(hideCompanyDrivers([driver("model", "haiku"), driver("model", "opus")], () => false, { before, now }, 3)).toEqual([]);
});

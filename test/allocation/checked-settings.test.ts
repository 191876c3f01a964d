import { describe, expect, test } from "vitest";
import { checkTeams, knownTeams } from "../../src/allocation/settings/check-teams.ts";
import { openDirectory } from "../../src/allocation/settings/directory.ts";
import { describeChange } from "../../src/allocation/settings/frozen-settings.ts";
import { changesBetween, settingsAt } from "../../src/allocation/settings/in-force.ts";
import { writtenJson } from "../../src/allocation/settings/ordered-settings.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { compileCondition, type Subject } from "../../src/allocation/shares/conditions.ts";
import { checkDirectory } from "../../src/allocation/shares/default-decisions.ts";
import { trueUpsOf } from "../../src/allocation/shares/true-ups.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { mapOf } from "../map-of.ts";
import { settingsOf, type Written } from "./who-pays.ts";

const GROUPS = { "2026-10-01": { groups: { "group:web": ["ann@example.com"], "group:vpn": ["bob@example.com"] }, tagOwners: { "tag:api": ["group:web"] } } };

describe("teams that rules, pools and adjustments name", () => {
  const checked = (allocation: Record<string, unknown>): (() => void) => () => checkTeams(settingsOf({ directory: { teams: [{ name: "alpha", members: [] }, { name: "beta", members: [] }], ignore_groups: ["group:v*"] }, allocation, policies: GROUPS }));

  test.each<[string, Record<string, unknown>]>([
    ["a team", { rules: [{ when: {}, team: "alpha" }] }],
    ["what nobody owns", { pools: [{ name: "p", when: { team: "(unallocated)" }, spread: "even", over: ["alpha"] }] }],
    ["a team that is a group", { rules: [{ when: {}, team: "web" }] }],
    ["teams by a dimension", { rules: [{ when: {}, by: "repo", teams: { "a/*": "alpha" } }] }],
    ["the first of a caller's", { rules: [{ when: {}, primary: true }, { when: {}, primary: ["beta", "alpha"] }] }],
    ["a split", { rules: [{ when: {}, split: "even" }, { when: {}, split: { alpha: 1, beta: 2 } }] }],
    ["callers of teams", { rules: [{ when: { teams: "none" }, team: "alpha" }, { when: { teams: "several" }, team: "alpha" }, { when: { teams: ["alpha", "beta"] }, team: "alpha" }] }],
    ["pools", { pools: [{ name: "p", when: { team: "beta" }, spread: { alpha: 1 } }, { name: "q", when: { tag: "tag:api" }, spread: "even", over: ["alpha", "web"] }] }],
    ["an adjustment", { adjustments: [{ name: "a", when: { team: "alpha" }, percent: 5 }] }],
  ])("may be %s", (_, allocation) => {
    expect(checked(allocation)).not.toThrow();
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["a rule's team", { rules: [{ when: {}, team: "alpha" }, { when: {}, team: "gone" }] }, "allocation.rules[1]"],
    ["a dimension's team", { rules: [{ when: {}, by: "repo", teams: { "a/*": "alpha", "b/*": "gone" } }] }, "allocation.rules[0]"],
    ["one of an order", { rules: [{ when: {}, primary: ["alpha", "gone"] }] }, "allocation.rules[0]"],
    ["one of a split", { rules: [{ when: {}, split: { alpha: 1, gone: 2 } }] }, "allocation.rules[0]"],
    ["one that callers are in", { rules: [{ when: { teams: ["gone"] }, team: "alpha" }] }, "allocation.rules[0]"],
    ["one of a pool's weights", { pools: [{ name: "p", when: {}, spread: { gone: 1 } }] }, "the pool p"],
    ["one that a pool is spread over", { pools: [{ name: "p", when: {}, spread: "even", over: ["gone"] }] }, "the pool p"],
    ["one that a pool takes", { pools: [{ name: "p", when: { team: "gone" }, spread: "even" }] }, "the pool p"],
    ["one that is adjusted", { adjustments: [{ name: "a", when: { team: "gone" }, percent: 5 }] }, "the adjustment a"],
  ])("are refused with their place where there is no such team: %s", (_, allocation, where) => {
    expect(checked(allocation)).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(`${where} names the team "gone"`) as string, remedy: expect.stringContaining("known teams are alpha, beta, web") as string }),
    );
  });

  test("are refused where the group is ignored", () => {
    expect(checked({ rules: [{ when: {}, team: "vpn" }] })).toThrow('names the team "vpn"');
  });

  test.each<[Record<string, unknown>]>([[{ spread: "even", over: ["beta", "alpha"] }], [{ spread: { alpha: 1 } }]])("take no part in one pool while another takes their cost: %j", (pool) => {
    expect(checked({ pools: [{ name: "p", when: { tag: "tag:x" }, ...pool }, { name: "q", when: { team: "alpha" }, spread: "even", over: ["beta"] }] })).toThrow("the pool p is spread over alpha, whose own cost the pool q takes");
  });

  test("are those of the directory and of groups that are not ignored", () => {
    expect([...knownTeams(settingsOf({ directory: { teams: [{ name: "alpha", members: [] }], ignore_groups: ["group:v*"] }, policies: GROUPS }))]).toEqual(["alpha", "web"]);
  });
});

describe("a directory", () => {
  const written: Written = {
    directory: { teams: [{ name: "alpha", members: ["ann@example.com", "Cat@example.com", "group:gone", "tag:ci"] }, { name: "beta", members: ["ann@example.com", "*@example.org", "group:vpn"] }], ignore_groups: ["group:nobody"] },
    allocation: { rules: [{ when: { caller: "tag:owned" }, unallocated: true }] },
    policies: { "2026-10-01": { groups: { "group:vpn": ["bob@example.com"], "group:nobody": ["eve@example.com"] }, tagOwners: { "tag:api": ["group:vpn"], "tag:owned": [] } } },
  };
  const at = (settings: Written) => settingsAt(settingsOf(settings), Date.parse("2026-10-05"));

  test("is checked for everybody that it names, and for those who are given", () => {
    expect(checkDirectory(at(written), [{ caller: "zoe@example.net", tags: [] }, { caller: "tag:ci,tag:new", tags: ["tag:ci", "tag:new"] }])).toEqual({
      teams: ["alpha", "beta"],
      byDefault: [{ caller: "ann@example.com", teams: ["alpha", "beta"], pay: ["alpha"] }],
      nobodys: ["eve@example.com", "tag:owned", "zoe@example.net"],
      unknownGroups: ["group:gone"],
    });
    const nobodyPays = checkDirectory({ ...at(written), several: "unallocated" }, []);
    expect(nobodyPays.byDefault).toEqual([{ caller: "ann@example.com", teams: ["alpha", "beta"], pay: ["(unallocated)"] }]);
    expect(nobodyPays.nobodys).not.toContain("ann@example.com");
    expect(checkDirectory({ ...at(written), policy: null }, []).unknownGroups).toEqual(["group:gone", "group:vpn"]);
  });

  test("names logins in small letters and tags as they are, no patterns and no groups", () => {
    expect(openDirectory(at(written)).named()).toEqual(["ann@example.com", "bob@example.com", "cat@example.com", "eve@example.com", "tag:api", "tag:ci", "tag:owned"]);
  });

  test("knows the groups of a person alone, and of tags first those that a team has as members", () => {
    const directory = openDirectory(at(written));
    expect([directory.groupsOf("BOB@example.com"), directory.groupsOf("ann@example.com")]).toEqual([["group:vpn"], []]);
    const tags = openDirectory(at({ ...written, directory: { teams: [{ name: "owner", members: ["group:vpn"] }, { name: "member", members: ["tag:ci"] }] } }));
    expect(tags.teamsOf({ caller: "tag:api,tag:ci", tags: ["tag:api", "tag:ci"] })).toEqual([
      { team: "owner", by: "tag_owner", via: "tag:api of group:vpn" },
      { team: "member", by: "member", via: "tag:ci" },
    ]);
    const both = openDirectory(at({ ...written, directory: { teams: [{ name: "one", members: ["group:vpn", "tag:ci"] }] } }));
    expect(both.teamsOf({ caller: "tag:api,tag:ci", tags: ["tag:api", "tag:ci"] })).toEqual([{ team: "one", by: "member", via: "tag:ci" }]);
  });
});

describe("conditions", () => {
  const subject: Subject = { instance: "prod", caller: "ann@example.com", callerType: "user", tags: ["tag:ci"], provider: "anthropic", model: "opus", billing: "metered", dimensions: { repo: "a/b" }, groups: ["group:web"], teams: ["web*", "x"], team: "web*" };
  const holds = (written: Parameters<typeof mapOf>[0], of: Partial<Subject> = {}): boolean => compileCondition(mapOf(written) as Parameters<typeof compileCondition>[0])({ ...subject, ...of });

  test("name teams by nothing but their names, and everything else by patterns too", () => {
    expect([holds({ team: "web*" }), holds({ team: "web?" }), holds({ team: ["y", "web*"] }), holds({ team: "web*" }, { team: "website" }), holds({ team: null })]).toEqual([true, false, true, false, false]);
    expect([holds({ caller: "ANN@*" }), holds({ tag: "tag:*" }), holds({ group: "group:w*" }), holds({ gateway: "pr*" }), holds({ provider: "a*" }), holds({ model: ["haiku", "opus"] }), holds({ billing: "metered" }), holds({ repo: "a/*" })]).toEqual(Array.from({ length: 8 }, () => true));
    expect([holds({ caller: "bob@*" }), holds({ tag: "tag:x" }), holds({ group: "x" }), holds({ gateway: "x" }), holds({ provider: "x" }), holds({ model: ["x"] }), holds({ billing: "x" }), holds({ repo: "x" })]).toEqual(Array.from({ length: 8 }, () => false));
  });

  test("may ask for what is not there, and for the number of teams", () => {
    expect([holds({ repo: null }), holds({ zone: null }), holds({ tag: null }), holds({ tag: null }, { tags: [] }), holds({ toString: null })]).toEqual([false, true, false, true, true]);
    expect([holds({ teams: "none" }), holds({ teams: "none" }, { teams: [] }), holds({ teams: "several" }), holds({ teams: "several" }, { teams: ["x"] }), holds({ teams: ["x"] }), holds({ teams: ["x", "y"] }), holds({ teams: "x" })]).toEqual([false, true, true, false, true, false, true]);
    expect([holds({}), holds({ model: "opus", repo: "x" })]).toEqual([true, false]);
  });
});

describe("changes of settings", () => {
  const base = settingsOf({ policies: GROUPS });
  const invoiced = (invoice: bigint): AllocationSettings => ({ ...base, trueUps: [{ month: "2026-10", amounts: [{ provider: "a", model: "m", invoice }] }] });

  test("are said by what they are of", () => {
    expect(describeChange(base, base)).toBe("how this version allocates");
    expect(describeChange(invoiced(1n), invoiced(2n))).toBe("true-ups 2026-10");
    expect(describeChange(base, invoiced(2n))).toBe("true-ups 2026-10");
    expect(describeChange({ ...base, timezone: "UTC" }, { ...base, timezone: "Europe/Berlin" })).toBe("time zone UTC is Europe/Berlin");
    expect(describeChange(base, settingsOf({ policies: { "2026-10-01": { groups: { "group:web": ["cat@example.com"] } } } }))).toBe("groups of the tailnet policy");
    expect(describeChange(base, { ...base, ignoredGroups: ["group:x"] })).toBe("groups of the tailnet policy");
    expect(describeChange(base, { ...base, several: "even" })).toBe("who pays for callers of several teams");
    const teams = (...names: string[]): AllocationSettings => settingsOf({ policies: GROUPS, directory: { teams: names.map((name) => ({ name, members: [] })) } });
    expect(describeChange(teams("a"), teams("a", "e", "d", "c", "b"))).toBe("teams b, c, d and 1 more");
    expect(describeChange(teams("a"), teams("d", "c", "b"))).toBe("teams a, b, c and 1 more");
    expect(describeChange(teams("a"), teams("d", "b"))).toBe("teams a, b, d");
    expect(describeChange(teams("b", "a"), teams("a", "b"))).toBe("teams");
  });

  test("lie behind the start of a time and before its end", () => {
    const day = (date: string): number => Date.parse(date);
    const dated = settingsOf({ directory: { teams: [{ name: "a", members: [{ member: "ann@example.com", from: "2026-10-05", until: "2026-10-20" }], from: "2026-10-01", until: "2026-11-01" }] }, policies: { "2026-10-07": {}, "2026-10-20": {} } });
    expect(changesBetween(dated, day("2026-10-01"), day("2026-11-01"))).toEqual(["2026-10-05", "2026-10-07", "2026-10-20"].map(day));
    expect(changesBetween(dated, day("2026-10-05"), day("2026-10-20"))).toEqual([day("2026-10-07")]);
    expect([settingsAt(dated, day("2026-10-05") - 1), settingsAt(dated, day("2026-10-05")), settingsAt(dated, day("2026-10-20"))].map(({ teams }) => teams[0]?.members)).toEqual([[], ["ann@example.com"], []]);
  });

  test("of invoices are of their own month alone, in order of provider and model", () => {
    const amounts = [{ provider: "b", model: "m", invoice: 1n }, { provider: "a", model: "n", invoice: 2n }, { provider: "a", model: "m", invoice: 3n }];
    const settings = { ...base, trueUps: [{ month: "2026-10", amounts }, { month: "2026-11", amounts }] };
    const [october] = trueUpsOf(settings, boundMonth("2026-10", "UTC"));
    expect(october?.month).toBe("2026-10");
    expect(october?.amounts.map(({ invoice }) => invoice)).toEqual([3n, 2n, 1n]);
    expect(trueUpsOf(base, boundMonth("2026-10", "UTC"))).toEqual([]);
    expect(trueUpsOf(settings, { from: new Date("2026-10-01"), to: new Date("2026-12-01") })).toEqual([]);
  });

  test("are written as JSON in the order of the keys as somebody wrote them", () => {
    expect(writtenJson({ b: [1, null, "x"], a: new Map<string, unknown>([["10", true], ["9", { c: undefined, d: 1 }]]) })).toBe('{"b":[1,null,"x"],"a":{"10":true,"9":{"d":1}}}');
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openDirectory } from "../../src/allocation/settings/directory.ts";
import { matchCaller, meantText } from "../../src/ledger/names/written-name.ts";
import { runs } from "../property/runs.ts";
import { whoPays, type Written } from "./who-pays.ts";

function teamOf(written: Written, by: string, at?: string): string[] {
  return whoPays(written, at === undefined ? { by } : { by, at }).map((line) => line.replace(/: \d.*/, ""));
}

describe("a team's members", () => {
  const teams = (...members: unknown[]): Written => ({ directory: { teams: [{ name: "payments", members }] } });

  test.each([
    ["a login", ["ann@example.com"], "ann@example.com"],
    ["a login in other case", ["Ann@Example.COM"], "ann@example.com"],
    ["a pattern of logins", ["*@example.com"], "ann@example.com"],
    ["a tag", ["tag:api"], "tag:api"],
    ["a pattern of tags", ["tag:a*"], "tag:api"],
    ["one of the tags of a device", ["tag:prod"], "tag:api,tag:prod"],
  ])("are found by %s", (_name, members, caller) => {
    expect(teamOf(teams(...members), caller)[0]).toMatch(/^payments .*\(member, directory\)$|^payments \(member, directory\)$/);
  });

  test.each([
    ["another login", ["bob@example.com"], "ann@example.com"],
    ["a pattern of logins, which is not of tags", ["*"], "tag:api"],
    ["a pattern of tags, which is not of logins", ["tag:*"], "ann@example.com"],
    ["a tag in other case, which is another tag", ["tag:API"], "tag:api"],
  ])("are not found by %s", (_name, members, caller) => {
    expect(teamOf(teams(...members), caller)[0]).toContain("(unallocated)");
  });

  test("move on a day in the configured time zone, and what was before stays", () => {
    const moved: Written = {
      timezone: "Europe/Berlin",
      directory: {
        teams: [
          { name: "payments", members: [{ member: "ann@example.com", until: "2026-10-12" }] },
          { name: "web", members: [{ member: "ann@example.com", from: "2026-10-12" }] },
        ],
      },
    };
    expect(teamOf(moved, "ann@example.com", "2026-10-11T21:45:00Z")).toEqual(["payments (member, directory)"]);
    expect(teamOf(moved, "ann@example.com", "2026-10-11T22:00:00Z")).toEqual(["web (member, directory)"]);
    expect(whoPays(moved, { by: "ann@example.com", at: "2026-10-01T00:00:00Z" }, { by: "ann@example.com", at: "2026-10-31T12:00:00Z", cost: 5n })).toEqual([
      "payments (member, directory): 1.000000000",
      "web (member, directory): 0.000000005",
    ]);
  });

  test("belong to a team only while there is one", () => {
    const ended: Written = { directory: { teams: [{ name: "skunkworks", members: ["ann@example.com"], from: "2026-10-03", until: "2026-10-10" }] } };
    expect(["2026-10-02", "2026-10-03", "2026-10-09", "2026-10-10"].map((day) => teamOf(ended, "ann@example.com", `${day}T00:00:00Z`)[0])).toEqual([
      "(unallocated) (unallocated, directory)",
      "skunkworks (member, directory)",
      "skunkworks (member, directory)",
      "(unallocated) (unallocated, directory)",
    ]);
  });
});

describe("groups of the tailnet policy", () => {
  const groups = { "group:web": ["Ann@Example.com"], "group:payments": ["ann@example.com", "bob@example.com"], "group:vpn": ["cat@example.com"] };

  test("are teams of their own, in the order of the policy, behind the configured ones", () => {
    expect(teamOf({ policies: { "2026-01-01": { groups } } }, "ann@example.com")).toEqual(["web (primary, default)"]);
    const configured = { directory: { teams: [{ name: "zebra", members: ["ann@example.com"] }] }, policies: { "2026-01-01": { groups } } };
    expect(teamOf(configured, "ann@example.com")).toEqual(["zebra (primary, default)"]);
  });

  test("are no teams where the configuration has them as members, or ignores them", () => {
    const mapped: Written = {
      directory: { teams: [{ name: "money", members: ["group:payments"] }], ignore_groups: ["group:v*"] },
      policies: { "2026-01-01": { groups } },
    };
    expect(teamOf(mapped, "bob@example.com")).toEqual(["money (member, directory)"]);
    expect(teamOf(mapped, "cat@example.com")).toEqual(["(unallocated) (unallocated, directory)"]);
  });

  test("add to a configured team of the same name", () => {
    const named: Written = { directory: { teams: [{ name: "payments", cost_center: "C1", members: ["dan@example.com"] }] }, policies: { "2026-01-01": { groups } } };
    expect(teamOf(named, "bob@example.com")).toEqual(["payments (member, directory)"]);
    expect(teamOf(named, "dan@example.com")).toEqual(["payments (member, directory)"]);
  });

  test("are what they were at the time; before the first known policy they are as in that", () => {
    const policies = { "2026-10-10": { groups: { "group:web": ["ann@example.com"] } }, "2026-10-20": { groups: { "group:payments": ["ann@example.com"] } } };
    expect(["2026-10-01", "2026-10-19", "2026-10-20"].map((day) => teamOf({ policies }, "ann@example.com", `${day}T00:00:00Z`)[0])).toEqual([
      "web (member, directory)",
      "web (member, directory)",
      "payments (member, directory)",
    ]);
  });
});

describe("tags without a team", () => {
  const groups = { "group:web": ["ann@example.com"], "group:payments": ["bob@example.com"] };
  const owned = (tagOwners: Record<string, string[]>, teams: unknown[] = []): Written => ({ directory: { teams }, policies: { "2026-01-01": { groups, tagOwners } } });

  test.each<[string, Record<string, string[]>]>([
    ["a group", { "tag:api": ["group:payments"] }],
    ["a person", { "tag:api": ["Bob@example.com"] }],
    ["a tag that a group owns", { "tag:api": ["tag:backend"], "tag:backend": ["group:payments"] }],
    ["themselves and a group", { "tag:api": ["tag:api", "group:payments"] }],
    ["an autogroup, which nobody here knows, and a group", { "tag:api": ["autogroup:admin", "group:payments"] }],
  ])("belong to the team of %s that owns them", (_name, tagOwners) => {
    expect(teamOf(owned(tagOwners), "tag:api")).toEqual(["payments tag:api (tag_owner, directory)"]);
  });

  test.each<[string, Record<string, string[]>]>([
    ["nobody", { "tag:api": [] }],
    ["only each other", { "tag:api": ["tag:backend"], "tag:backend": ["tag:api"] }],
    ["autogroups", { "tag:api": ["autogroup:member"] }],
  ])("belong to nobody where %s owns them", (_name, tagOwners) => {
    expect(teamOf(owned(tagOwners), "tag:api")).toEqual(["(unallocated) tag:api (unallocated, directory)"]);
  });

  test("a team that has the tag as a member goes before its owners", () => {
    expect(teamOf(owned({ "tag:api": ["group:payments"] }, [{ name: "api", members: ["tag:api"] }]), "tag:api")).toEqual(["api tag:api (member, directory)"]);
  });

  test("a device of two tags of two owners is in two teams", () => {
    const both = owned({ "tag:api": ["group:payments"], "tag:prod": ["group:web"] });
    expect(teamOf(both, "tag:api,tag:prod")).toEqual(["web tag:api (primary, default)", "web tag:prod (primary, default)"]);
  });
});

describe("the teams of a person", () => {
  const login = fc.constantFrom("ann@a", "bob@a", "Ann@A", "ann@b", "a*@a", "=a*@a", "tag:x");
  const member = fc.constantFrom("ann@a", "Ann@A", "bob@a", "*@a", "ann@*", "a*@a", "=a*@a", "=ann@a", "group:g", "group:h", "=group:g", "tag:x", "**");
  const groups = fc.record({ "group:g": fc.uniqueArray(login), "group:h": fc.uniqueArray(login) });

  /** Tries every member of every team, one after the other. */
  function oneByOne(teams: readonly { name: string; members: readonly string[] }[], of: Record<string, readonly string[]>, caller: string): [string, string][] {
    const isMember = (written: string): boolean => {
      const meant = meantText(written);
      if (meant.startsWith("group:")) return (of[meant] ?? []).some((one) => one.toLowerCase() === caller.toLowerCase());
      return !meant.startsWith("tag:") && matchCaller(written)(caller.toLowerCase());
    };
    return teams.flatMap(({ name, members }): [string, string][] => {
      const via = members.find(isMember);
      return via === undefined ? [] : [[name, via]];
    });
  }

  test("are those that trying every member one after the other finds, by the first member", () => {
    fc.assert(
      fc.property(fc.array(fc.array(member, { maxLength: 4 }), { maxLength: 4 }), groups, login, (lists, of, caller) => {
        const teams = lists.map((members, index) => ({ name: `team ${String(index)}`, members }));
        const directory = openDirectory({ teams, ignoredGroups: ["*"], policy: { groups: new Map(Object.entries(of)), tagOwners: new Map() } });
        expect(directory.teamsOf({ caller, tags: [] }).map(({ team, via }) => [team, via])).toEqual(oneByOne(teams, of, caller));
        expect(directory.groupsOf(caller)).toEqual(Object.entries(of).filter(([, logins]) => logins.some((one) => one.toLowerCase() === caller.toLowerCase())).map(([name]) => name));
      }),
      { numRuns: runs(1000).numRuns },
    );
  });
});

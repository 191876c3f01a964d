import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { DEVICES, PEOPLE } from "../../src/simulate/company.ts";
import { IN_NO_GROUP, tailnetPolicy } from "../../src/simulate/policy.ts";

const policy = parsePolicy(tailnetPolicy(), "the simulated policy");

function groupsOf(login: string): string[] {
  return [...policy.groups].flatMap(([name, logins]) => (logins.includes(login) ? [name] : []));
}

describe("the policy of the simulated tailnet", () => {
  it("is HuJSON with comments and trailing commas, as its owner keeps it", () => {
    expect(tailnetPolicy()).toMatch(/^\s*\/\/ /m);
    expect(tailnetPolicy()).toMatch(/,\n\s*\}/);
  });

  it("has everybody in the group of their team, one person in two teams' groups, and some in none", () => {
    const teams = PEOPLE.map(({ login, team }) => ({ login, team, groups: groupsOf(login).filter((name) => name !== "group:gateway-admins") }));
    expect(teams.filter(({ groups }) => groups.length > 1)).toEqual([
      { login: "tessa.vandijk@acme.example", team: "platform", groups: ["group:web", "group:platform"] },
    ]);
    expect(teams.filter(({ groups }) => groups.length === 0).map(({ login }) => login).toSorted()).toEqual(IN_NO_GROUP);
    const elsewhere = teams.filter(({ team, groups }) => groups.length > 0 && !groups.includes(`group:${team}`));
    expect(elsewhere).toEqual([]);
  });

  it("names nobody who does not work there, and knows an owner of every tag", () => {
    const logins = PEOPLE.map(({ login }) => login);
    for (const login of [...policy.groups.values()].flat()) expect(logins).toContain(login);
    const tags = new Set(["tag:ci", ...DEVICES.flatMap(({ tags: carried }) => carried)]);
    expect(new Set(policy.tagOwners.keys())).toEqual(tags);
  });
});

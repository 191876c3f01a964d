import { describe, expect, test } from "vitest";
import { type Directory, openDirectory } from "../../../src/allocation/settings/directory.ts";
import { settingsAt } from "../../../src/allocation/settings/in-force.ts";
import { teamAccess, type TeamVisitors } from "../../../src/http/teams/team-access.ts";
import { settingsOf, type Written } from "../../allocation/who-pays.ts";

const NOW = Date.parse("2026-10-15T12:00:00Z");

function directoryOf(written: Written, at = NOW): Directory {
  return openDirectory(settingsAt(settingsOf(written), at));
}

async function teamsOf(login: string, who: TeamVisitors, written: Written): Promise<readonly string[]> {
  return await teamAccess(who, async () => await Promise.resolve(directoryOf(written)), () => new Date(NOW))(login);
}

const COMPANY: Written = {
  directory: {
    teams: [
      { name: "payments", owner: "Olga@Example.com", members: ["ann@example.com", "group:pay"] },
      { name: "web", members: [{ member: "bob@example.com", until: "2026-10-15" }, { member: "dora@example.com", from: "2026-10-16" }, { member: "kim@example.com" }] },
      { name: "bots", members: ["tag:ci"] },
      { name: "old", members: ["ann@example.com"], until: "2026-10-01" },
    ],
  },
  policies: { "2026-10-01": { groups: { "group:pay": ["Pia@example.com"], "group:research": ["rose@example.com"] }, tagOwners: { "tag:ci": ["ann@example.com"] } } },
};

describe("who may see a team's pages", () => {
  test.each<[string, string, string[], string[]]>([
    ["a member", "ann@example.com", ["payments"], []],
    ["a member in other case", "ANN@example.com", ["payments"], []],
    ["a member by a group of the policy", "pia@example.com", ["payments"], []],
    ["a member of a group that is a team itself", "rose@example.com", ["research"], []],
    ["an owner, in other case", "olga@example.com", ["payments"], ["payments"]],
    ["somebody who left the team today", "bob@example.com", [], []],
    ["somebody who joins tomorrow", "dora@example.com", [], []],
    ["a stranger", "eve@example.com", [], []],
    ["a longer login", "ann@example.com.evil.example", [], []],
    ["a login whose lower case is another person's", "\u{212A}im@example.com", [], []],
    ["a name of a device", "tag:ci", [], []],
    ["a name of a group", "group:pay", [], []],
    ["nobody", "", [], []],
  ])("%s", async (_name, login, asMember, asOwner) => {
    expect(await teamsOf(login, "members", COMPANY)).toEqual(asMember);
    expect(await teamsOf(login, "owners", COMPANY)).toEqual(asOwner);
  });

  test("nobody sees a team whose folder another team has too where case is ignored", async () => {
    const teams = [{ name: "Web", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }, { name: "ops", members: ["ann@example.com"] }];
    expect(await teamsOf("ann@example.com", "members", { directory: { teams } })).toEqual(["ops"]);
    expect(await teamsOf("bob@example.com", "members", { directory: { teams } })).toEqual([]);
  });

  test("an erased person's pseudonym is no login of anybody", async () => {
    const settings = { ...settingsOf(COMPANY), pseudonymOf: (login: string) => (login === "ann@example.com" ? "erased-0123456789ab" : undefined) };
    const access = teamAccess("members", async () => await Promise.resolve(openDirectory(settingsAt(settings, NOW))), () => new Date(NOW));
    expect(await access("eve@example.com")).toEqual([]);
    expect(await access("ann@example.com")).toEqual(["payments"]);
  });
});

test("a change of the directory counts within a minute, and one that cannot be read lets nobody in", async () => {
  let now = NOW;
  let written: Written | undefined = COMPANY;
  let reads = 0;
  const read = async (): Promise<Directory> => {
    reads++;
    return written === undefined ? await Promise.reject(new Error("away")) : await Promise.resolve(directoryOf(written));
  };
  const access = teamAccess("members", read, () => new Date(now));
  expect(await Promise.all([access("ann@example.com"), access("kim@example.com")])).toEqual([["payments"], ["web"]]);
  written = { directory: { teams: [{ name: "web", members: ["ann@example.com"] }] } };
  now += 59_999;
  expect(await access("ann@example.com")).toEqual(["payments"]);
  expect(reads).toBe(1);
  now += 1;
  expect(await access("ann@example.com")).toEqual(["web"]);
  expect(await access("kim@example.com")).toEqual([]);
  written = undefined;
  now += 60_000;
  await expect(access("ann@example.com")).rejects.toThrow("away");
  // Not the directory before, either.
  await expect(access("ann@example.com")).rejects.toThrow("away");
  // A clock that is set back must not keep a directory.
  written = COMPANY;
  expect(await access("kim@example.com")).toEqual(["web"]);
  written = { directory: {} };
  now -= 3_600_000;
  expect(await access("kim@example.com")).toEqual([]);
});

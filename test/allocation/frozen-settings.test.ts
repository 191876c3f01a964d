import { expect, test } from "vitest";
import { describeSettings } from "../../src/allocation/shares/describe-settings.ts";
import { describeChange, freezeSettings, frozenSettings } from "../../src/allocation/settings/frozen-settings.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { mapOf } from "../map-of.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { settingsOf, type Written } from "./who-pays.ts";

const WRITTEN: Written = {
  timezone: "Europe/Berlin",
  dimensions: { pr: "X-PR", repo: "X-Repo" },
  directory: {
    ignore_groups: ["group:vpn-*"],
    teams: [
      { name: "payments", cost_center: "C1", members: ["group:payments", { member: "ann@example.com", from: "2026-10-07" }] },
      { name: "web", owner: "Bob", members: ["tag:ci"] },
    ],
  },
  allocation: {
    several: "even",
    rules: [
      { name: "by repo", when: { repo: "acme/*", tag: "tag:ci" }, by: "repo", teams: { "acme/web-*": "web", "acme/*": "payments" } },
      { when: { pr: null, model: ["opus", "haiku"] }, split: { web: 30, payments: 70 } },
      { name: "none", when: { teams: "several" }, unallocated: true, until: "2026-10-20" },
    ],
    pools: [{ name: "platform", when: { tag: "tag:prod" }, spread: { web: 2.5, payments: 1 } }],
    adjustments: [{ name: "discount", when: {}, percent: -10 }],
  },
  policies: { "2026-10-01": { groups: { "group:web": ["bob@example.com"], "group:payments": ["ann@example.com"] }, tagOwners: { "tag:prod": ["group:web"], "tag:ci": [] } } },
};

/** Byte for byte what the version before maps wrote down for these settings when it closed a month, and the digest that it gave them. */
const CLOSED_BEFORE = `{"timezone": "Europe/Berlin", "teams": [{"name": "payments", "cost_center": "C1", "members": ["group:payments", {"member": "ann@example.com", "from": "2026-10-07"}]}, {"name": "web", "owner": "Bob", "members": ["tag:ci"]}], "ignoredGroups": ["group:vpn-*"], "several": "even", "rules": [{"name": "by repo", "when": {"tag": "tag:ci", "repo": "acme/*"}, "by": "repo", "teams": {"acme/web-*": "web", "acme/*": "payments"}}, {"when": {"model": ["opus", "haiku"], "pr": null}, "split": {"web": 30, "payments": 70}}, {"name": "none", "when": {"teams": "several"}, "unallocated": true, "until": "2026-10-20"}], "pools": [{"name": "platform", "when": {"tag": "tag:prod"}, "spread": {"web": 2.5, "payments": 1}}], "adjustments": [{"name": "discount", "when": {}, "percent": -10}], "policies": [{"date": "2026-10-01", "policy": {"groups": {"group:web": ["bob@example.com"], "group:payments": ["ann@example.com"]}, "tagOwners": {"tag:prod": ["group:web"], "tag:ci": []}}}], "trueUps": []}`;
const DIGEST_BEFORE = "91cf6a96e59bdc3ed5b3bc2e75fa642c";

const OCTOBER = boundMonth("2026-10", "Europe/Berlin");

test("settings have the digest that they had when maps were objects: no month is another for how they are kept", () => {
  expect(describeSettings({ ...settingsOf(WRITTEN), version: 1 }, OCTOBER)).toBe(DIGEST_BEFORE);
  expect(describeSettings(frozenSettings.parse(JSON.parse(CLOSED_BEFORE)), OCTOBER)).toBe(DIGEST_BEFORE);
});

test("what an older version wrote down differs in nothing from the same settings now", () => {
  expect(describeChange(frozenSettings.parse(JSON.parse(CLOSED_BEFORE)), settingsOf(WRITTEN))).toBe("how this version allocates");
});

test("settings that were written down are read back as they were, their digest among it", () => {
  const settings: AllocationSettings = {
    ...NO_TEAMS,
    rules: [
      { when: mapOf({ pr: ["41*", "0041"] }), by: "pr", teams: new Map([["41*", "7"], ["4100", "007"], ["__proto__", "__proto__"], ["2", "constructor"]]) },
      { when: mapOf({}), split: new Map([["9", 1], ["007", 2], ["7", 3], ["__proto__", 4]]) },
    ],
    pools: [{ name: "shared", when: mapOf({ team: "7" }), spread: new Map([["9", 1], ["__proto__", 2]]) }],
    policies: [{ date: "2026-10-01", policy: { groups: mapOf<string[]>({ "group:9": [], "group:1": [] }), tagOwners: mapOf<string[]>({}) } }],
  };
  const read = frozenSettings.parse(JSON.parse(JSON.stringify(freezeSettings(settings))));
  expect(read).toMatchObject(settings);
  expect([...(read.rules[0]?.teams ?? [])]).toEqual([["41*", "7"], ["4100", "007"], ["__proto__", "__proto__"], ["2", "constructor"]]);
  expect(describeSettings(read, OCTOBER)).toBe(describeSettings(settings, OCTOBER));
});

test("another order of the values of a rule is a change, another order of weights is none", () => {
  const byTeams = (...teams: [string, string][]): AllocationSettings => ({ ...NO_TEAMS, rules: [{ name: "by", when: mapOf({}), by: "pr", teams: new Map(teams) }] });
  expect(describeChange(byTeams(["41*", "a"], ["4100", "b"]), byTeams(["4100", "b"], ["41*", "a"]))).toBe("rules by");
  const split = (...weights: [string, number][]): AllocationSettings => ({ ...NO_TEAMS, rules: [{ name: "split", when: mapOf({}), split: new Map(weights) }] });
  expect(describeChange(split(["9", 1], ["1", 2]), split(["1", 2], ["9", 1]))).toBe("how this version allocates");
});

import { expect, test } from "vitest";
import { describeVersion } from "../../src/allocation/explanation/rule-words.ts";
import { describeRules } from "../../src/allocation/explanation/team-explanation.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { settingsOf } from "./who-pays.ts";

const ALLOCATION = {
  rules: [
    { when: { tag: ["tag:ci", "tag:eu"], repo: null }, by: "owner", teams: { "acme/*": "web" } },
    { name: "later", when: {}, split: { web: 3, data: 1.5 }, from: "2026-11-01" },
    { name: "first", when: { caller: "*@example.com" }, primary: ["web", "data"], until: "2026-10-20" },
  ],
  pools: [{ name: "platform", when: { team: "platform" }, spread: "proportional", over: ["web", "data"] }],
  adjustments: [
    { name: "discount", when: {}, percent: -5, from: "2026-01-01", until: "2026-10-10" },
    { name: "discount two", when: {}, percent: -7.5, from: "2026-10-10" },
  ],
};

test("rules, pools and adjustments in force in the month are in words, each with its dates", () => {
  const settings = settingsOf({ dimensions: { repo: "X-Repo", "owner": "X-Team" }, directory: { teams: ["web", "data", "platform"].map((name) => ({ name, members: [] })) }, allocation: ALLOCATION });
  const names = new Set(["allocation.rules[0]", "later", "first", "platform", "discount", "discount two"]);
  const described = describeRules(names, settings, boundMonth("2026-10", "UTC")).map((version) => `${version.name}, ${describeVersion(version)}`);
  expect(described).toEqual([
    "allocation.rules[0], without dates: by owner: web pays acme/*, where tag is tag:ci or tag:eu and there is no repo",
    "discount, from 2026-01-01 until 2026-10-10: -5 %, for all usage",
    "discount two, from 2026-10-10: -7.5 %, for all usage",
    "first, until 2026-10-20: the first of the caller's teams pays, in the order web, data, where caller is *@example.com",
    "platform, without dates: spread by direct cost over web, data, where team is platform",
  ]);
});

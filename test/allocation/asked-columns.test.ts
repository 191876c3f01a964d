import { expect, test } from "vitest";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocateTable } from "./allocated-table.ts";
import { allocateUsages, rowsOf } from "./split-usages.ts";
import { settingsOf, type Spent, usageOf } from "./who-pays.ts";

const OCTOBER = boundMonth("2026-10", "UTC");
const DIRECTORY = { teams: [{ name: "web", members: ["*@example.com", "group:staff"] }, { name: "ops", members: ["ann@example.com", "tag:ci"] }, { name: "other" }] };
const POLICIES = { "2026-09-01": { groups: { "group:staff": ["eve@example.com"] } } };

/** Usages that agree in everything but one property. */
const ALIKE: [property: string, when: Record<string, unknown>, ...spent: Spent[]][] = [
  ["caller", { caller: "eve@example.com" }, { by: "eve@example.com" }, { by: "bob@example.com" }],
  ["tag", { tag: "tag:ci" }, { by: "tag:ci" }, { by: "tag:prod" }],
  ["group", { group: "group:staff" }, { by: "eve@example.com" }, { by: "bob@example.com" }],
  ["gateway", { gateway: "west" }, { by: "bob@example.com", of: { instance: "west" } }, { by: "bob@example.com", of: { instance: "east" } }],
  ["provider", { provider: "openai" }, { by: "bob@example.com", of: { provider: "openai" } }, { by: "bob@example.com" }],
  ["model", { model: "gpt-*" }, { by: "bob@example.com", of: { model: "gpt-5" } }, { by: "bob@example.com" }],
  ["billing", { billing: "self_hosted" }, { by: "bob@example.com", of: { billing: "self_hosted" } }, { by: "bob@example.com" }],
  ["dimension", { repo: "acme/one" }, { by: "bob@example.com", of: { dimensions: { repo: "acme/one" } } }, { by: "bob@example.com", of: { dimensions: { repo: "acme/two" } } }],
  ["no dimension", { repo: null }, { by: "bob@example.com" }, { by: "bob@example.com", of: { dimensions: { repo: "acme/two" } } }],
  ["teams", { teams: "several" }, { by: "ann@example.com" }, { by: "bob@example.com" }],
];

const DOES: [what: string, allocation: (when: Record<string, unknown>) => Record<string, unknown>][] = [
  ["a rule", (when) => ({ rules: [{ when, team: "other" }] })],
  ["a pool", (when) => ({ pools: [{ name: "shared", when, spread: "even", over: ["web", "other"] }] })],
  ["an adjustment", (when) => ({ adjustments: [{ name: "discount", when, percent: -10 }] })],
];

// Pools and adjustments go by the team that pays, and not by those that the caller is in.
const CASES = DOES.flatMap(([what, allocation]) => ALIKE.filter(([property]) => what === "a rule" || property !== "teams").map(([property, when, ...spent]) => [what, property, allocation(when), spent] as const));

test.each(CASES)("%s tells usages apart by %s, in tables as one by one", async (_what, _property, allocation, spent) => {
  const settings = settingsOf({ directory: DIRECTORY, policies: POLICIES, allocation });
  const usages = spent.map(usageOf);
  const { allocated } = allocateUsages(settings, OCTOBER, usages);
  const [first, second] = usages.map((usage) => rowsOf(allocateUsages(settings, OCTOBER, [usage]).allocated).map((row) => (JSON.parse(row) as string[]).filter((__, column) => [0, 10, 11, 14].includes(column))));
  expect(first).not.toEqual(second);
  expect((await allocateTable(settings, OCTOBER, usages)).map((row) => JSON.stringify(row)).toSorted()).toEqual(rowsOf(allocated));
});

test("a rule by a dimension tells usages apart by its value", async () => {
  const settings = settingsOf({ directory: DIRECTORY, allocation: { rules: [{ when: {}, by: "repo", teams: { "acme/one": "web", "acme/*": "ops" } }] } });
  const rows = await allocateTable(settings, OCTOBER, ["acme/one", "acme/two"].map((repo) => usageOf({ by: "bob@example.com", of: { dimensions: { repo } } })));
  expect(rows.map((row) => [row[0], row[5]])).toEqual([["ops", '[{"k":"repo","v":"acme/two"}]'], ["web", '[{"k":"repo","v":"acme/one"}]']]);
});

import { expect, test } from "vitest";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocateUsages, truedUp } from "./split-usages.ts";
import { settingsOf, type Spent, usageOf } from "./who-pays.ts";

const TEAMS = { directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } };

/** What an invoice adds, in nanodollars by team, where a discount leaves that much in a hundred of what requests cost. */
function added(percentLeft: number, invoice: bigint, ...spent: Spent[]): [team: string, cost: bigint | null, base: string | null][] {
  const settings = settingsOf({ ...TEAMS, allocation: { adjustments: [{ name: "discount", when: {}, percent: percentLeft - 100 }] } });
  const { allocated } = allocateUsages(settings, boundMonth("2026-10", "UTC"), spent.map(usageOf));
  const amounts = [{ provider: "anthropic", model: "claude-opus-4-8", invoice }];
  return truedUp(allocated, [{ month: "2026-10", amounts }]).map(({ team, sums: { cost }, base }) => [team, cost, base]);
}

test("where a discount leaves nothing owed, an invoice is shared by what the requests cost", () => {
  expect(added(0, 10n, { by: "ann@example.com", cost: 60n }, { by: "bob@example.com", cost: 40n })).toEqual([
    ["payments", 6n, "$0.000000010 for $0.000000000"],
    ["web", 4n, "$0.000000010 for $0.000000000"],
  ]);
});

test("where nothing was priced, an invoice is the same for each", () => {
  expect(added(0, 10n, { by: "ann@example.com", cost: null }, { by: "bob@example.com", cost: null }).map(([team, cost]) => [team, cost])).toEqual([["payments", 5n], ["web", 5n]]);
});

test("where somebody owes something, who owes nothing has no part, however much the requests cost", () => {
  const half = added(50, 40n, { by: "ann@example.com", cost: 60n }, { by: "bob@example.com", cost: 0n });
  expect(half).toEqual([["payments", 10n, "x1.333333: $0.000000040 for $0.000000030"]]);
});

import { expect, test } from "vitest";
import { describeSettings } from "../../src/allocation/shares/describe-settings.ts";
import type { TrueUp } from "../../src/allocation/settings/settings.ts";
import { trueUpsOf } from "../../src/allocation/shares/true-ups.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { allocateUsages, truedUp } from "./split-usages.ts";
import { settingsOf, type Spent, usageOf } from "./who-pays.ts";

const OCTOBER: TrueUp = { month: "2026-10", amounts: [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 13_000_000_000n }] };
const TEAMS = { directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } };

/** `team: rule, base, dollars` of what the true-up adds. */
function added(spent: readonly Spent[], amounts = OCTOBER.amounts, written = {}): string[] {
  const { allocated } = allocateUsages(settingsOf({ ...TEAMS, ...written }), boundMonth("2026-10", "UTC"), spent.map(usageOf));
  return truedUp(allocated, [{ month: "2026-10", amounts }]).map(({ team, rule, base, sums }) => `${team}: ${rule}, ${base ?? ""}, ${formatDollars(sums.cost ?? 0n)}`);
}

const DOLLARS = 1_000_000_000n;

test("each owner's part is in proportion to what it owes", () => {
  expect(added([{ by: "ann@example.com", cost: 6n * DOLLARS }, { by: "bob@example.com", cost: 4n * DOLLARS }])).toEqual([
    "payments: invoice anthropic/claude-opus-4-8 2026-10, x1.300000: $13.000000000 for $10.000000000, 1.800000000",
    "web: invoice anthropic/claude-opus-4-8 2026-10, x1.300000: $13.000000000 for $10.000000000, 1.200000000",
  ]);
});

test("discounts count before: the invoice is what is owed after all", () => {
  const discounted = { allocation: { adjustments: [{ name: "committed", when: { team: "web" }, percent: -50 }] } };
  expect(added([{ by: "ann@example.com", cost: 6n * DOLLARS }, { by: "bob@example.com", cost: 14n * DOLLARS }], OCTOBER.amounts, discounted)).toEqual([]);
});

test("an invoice of nothing leaves nothing owed", () => {
  const none = [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 0n }];
  expect(added([{ by: "ann@example.com", cost: 7n }], none)).toEqual(["payments: invoice anthropic/claude-opus-4-8 2026-10, x0.000000: $0.000000000 for $0.000000007, -0.000000007"]);
});

test("subscriptions, other models and what nobody used stay as they are", () => {
  expect(added([{ by: "ann@example.com", of: { billing: "subscription" } }, { by: "ann@example.com", of: { model: "claude-haiku-4-5" } }])).toEqual([]);
});

test("an invoice makes its own month stale and no other, and a part of a month is not trued up", () => {
  for (const timezone of ["UTC", "Pacific/Kiritimati", "America/New_York"]) {
    const settings = settingsOf({ ...TEAMS, timezone });
    const invoiced = { ...settings, trueUps: [OCTOBER] };
    for (const month of ["2026-09", "2026-11"]) expect(describeSettings(invoiced, boundMonth(month, timezone))).toBe(describeSettings(settings, boundMonth(month, timezone)));
    const october = boundMonth("2026-10", timezone);
    expect(describeSettings(invoiced, october)).not.toBe(describeSettings(settings, october));
    expect(trueUpsOf(invoiced, october)).toEqual([OCTOBER]);
    expect(trueUpsOf(invoiced, { from: october.from, to: new Date(october.to.getTime() - 900_000) })).toEqual([]);
  }
});

test("another invoice of the month makes it stale again, the same in another order does not", () => {
  const october = boundMonth("2026-10", "UTC");
  const digestOf = (amounts: TrueUp["amounts"]): string => describeSettings({ ...settingsOf(TEAMS), trueUps: [{ month: "2026-10", amounts }] }, october);
  const [first] = OCTOBER.amounts;
  const other = { provider: "openai", model: "gpt-5", invoice: 5n };
  expect(digestOf([first!, other])).toBe(digestOf([other, first!]));
  expect(digestOf([{ ...first!, invoice: 1n }, other])).not.toBe(digestOf([first!, other]));
});

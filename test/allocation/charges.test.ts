import { describe, expect, test } from "vitest";
import { chargesOfMonth } from "../../src/allocation/charges/charges-of-month.ts";
import { checkTeams } from "../../src/allocation/settings/check-teams.ts";
import { freezeSettings, frozenSettings } from "../../src/allocation/settings/frozen-settings.ts";
import { describeSettings } from "../../src/allocation/shares/describe-settings.ts";
import { configSchema } from "../../src/config/config.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { allocateTable } from "./allocated-table.ts";
import { settingsOf, type Spent, usageOf, type Written } from "./who-pays.ts";

const [ANN, BOB, CAT] = ["ann@example.com", "bob@example.com", "cat@example.com"];
const TEAMS = { directory: { teams: [{ name: "payments", members: [ANN, CAT] }, { name: "web", members: [BOB, "tag:ci", "tag:web"] }] } };
const DOLLAR = 1_000_000_000n;
const SUBSCRIBED = { billing: "subscription" } as const;

/** `caller of team: what, how, dollars` of what charges add in October 2026, which has 31 days. */
async function added(charge: Record<string, unknown>, spent: readonly Spent[], written: Written = {}): Promise<string[]> {
  const settings = settingsOf({ ...TEAMS, ...written, charges: [{ name: "it", provider: "anthropic", ...charge }] });
  const rows = await allocateTable(settings, boundMonth("2026-10", settings.timezone), spent.map(usageOf));
  return rows.flatMap(([team, , caller, , tag, , , , , billing, method, , base, , cost]) =>
    method === "adjustment" ? [`${String(caller)} of ${String(team)}${tag === "(untagged)" ? "" : ` ${String(tag)}`}: ${String(billing)}, ${String(base)}, ${String(cost)}`] : []);
}

test("seats are paid by the teams of those who have them, for the days on which they do", async () => {
  // 30 x (31 + 16) / 31 = 45.483…, to the cent; of it bob 31 and cat 16 of 47 days.
  expect(await added({ kind: "seats", price: 30, people: [BOB, { member: CAT, from: "2026-10-16" }] }, [{ by: BOB, of: SUBSCRIBED }])).toEqual([
    `${CAT} of payments: charge, 1 seat, 16 of 31 days, not used, 15.482553191`,
    `${BOB} of web: charge, 1 seat, 29.997446809`,
  ]);
});

test("seats that are paid for and nobody has are nobody's", async () => {
  expect(await added({ kind: "seats", price: 30, quantity: 3, people: [BOB] }, [{ by: CAT }])).toEqual(["(none) of (unallocated): charge, seats that nobody has: 2, 60.000000000", `${BOB} of web: charge, 1 seat, not used, 30.000000000`]);
});

test("nothing is charged in a month without requests, which has no report", async () => {
  expect(await added({ kind: "seats", price: 30, people: [BOB] }, [])).toEqual([]);
});

test("a group has seats for whoever is in it on a day", async () => {
  const policies = { "2026-10-01": { groups: { "group:seats": [ANN] } }, "2026-10-11": { groups: { "group:seats": [ANN.toUpperCase(), BOB] } } };
  // ann 31 days, bob 21: 31 x 52 / 31 = 52.
  expect(await added({ kind: "seats", price: 31, people: ["group:seats", ANN] }, [{ by: CAT }], { policies })).toEqual([`${ANN} of payments: charge, 1 seat, not used, 31.000000000`, `${BOB} of web: charge, 1 seat, 21 of 31 days, not used, 21.000000000`]);
});

test("seats by number are the same for everybody who used one", async () => {
  const spent = [{ by: ANN, cost: 9n * DOLLAR, of: SUBSCRIBED }, { by: BOB, of: SUBSCRIBED }, { by: CAT }];
  expect(await added({ kind: "seats", price: 20, quantity: 4 }, spent)).toEqual([`${ANN} of payments: charge, 1 of 2 callers, 40.000000000`, `${BOB} of web: charge, 1 of 2 callers, 40.000000000`]);
});

describe("a commitment pays for usage up to its amount", () => {
  const spent = [{ by: ANN, cost: 6n * DOLLAR }, { by: BOB, cost: 2n * DOLLAR }, { by: BOB, cost: 50n * DOLLAR, of: SUBSCRIBED }];

  test("what is beyond it is owed", async () => {
    expect(await added({ kind: "commitment", amount: 4 }, spent)).toEqual([
      `${ANN} of payments: charge, $6.000000000 of $8.000000000, 3.000000000`,
      `${ANN} of payments: metered, covered: $4.000000000 of $8.000000000, -3.000000000`,
      `${BOB} of web: charge, $2.000000000 of $8.000000000, 1.000000000`,
      `${BOB} of web: metered, covered: $4.000000000 of $8.000000000, -1.000000000`,
    ]);
  });

  test("what nobody uses of it is paid all the same", async () => {
    expect(await added({ kind: "commitment", amount: 40 }, spent)).toEqual([
      `${ANN} of payments: charge, $6.000000000 of $8.000000000, 30.000000000`,
      `${ANN} of payments: metered, covered: $8.000000000 of $8.000000000, -6.000000000`,
      `${BOB} of web: charge, $2.000000000 of $8.000000000, 10.000000000`,
      `${BOB} of web: metered, covered: $8.000000000 of $8.000000000, -2.000000000`,
    ]);
  });

  test("after discounts: what is not owed any more is not covered", async () => {
    const discounted = { allocation: { adjustments: [{ name: "half", when: {}, percent: -50 }] } };
    expect((await added({ kind: "provisioned", amount: 1 }, [spent[0]!], discounted)).filter((row) => row.includes("covered"))).toEqual([`${ANN} of payments: metered, covered: $3.000000000 of $3.000000000, -3.000000000`]);
  });
});

test("hours of one's own machines go by requests where none of them has a price", async () => {
  const own = { billing: "self_hosted", provider: "house" } as const;
  expect(await added({ kind: "gpu_hours", provider: "house", price: "2.40", quantity: 712.5 }, [{ by: ANN, cost: null, of: own }, { by: ANN, cost: null, of: { ...own, model: "other" } }, { by: BOB, cost: null, of: own }])).toEqual([
    `${ANN} of payments: charge, 2 of 3 requests, 1140.000000000`,
    `${BOB} of web: charge, 1 of 3 requests, 570.000000000`,
  ]);
});

test("a charge that begins in the month costs its days, and pays for usage from then on", async () => {
  // 31 x 15 / 31 = 15.
  expect(await added({ kind: "commitment", amount: 31, from: "2026-10-17" }, [{ by: ANN, at: "2026-10-16T23:59:00Z" }, { by: BOB, at: "2026-10-17T00:00:00Z", cost: 2n * DOLLAR }])).toEqual([
    `${BOB} of web: charge, $2.000000000 of $2.000000000, 15.000000000`,
    `${BOB} of web: metered, covered: $2.000000000 of $2.000000000, -2.000000000`,
  ]);
});

test("a charge that is made once costs its amount in the month of its day", async () => {
  const once = { kind: "prepaid", amount: 100, on: "2026-10-20" };
  expect(await added(once, [{ by: ANN, at: "2026-10-19T12:00:00Z" }, { by: BOB, at: "2026-10-20T12:00:00Z" }])).toEqual([`${BOB} of web: charge, $1.000000000 of $1.000000000, 100.000000000`, `${BOB} of web: metered, covered: $1.000000000 of $1.000000000, -1.000000000`]);
  for (const on of ["2026-09-30", "2026-11-01"]) expect(await added({ ...once, on }, [{ by: ANN }])).toEqual([]);
});

test("a charge follows the usage through rules and tags", async () => {
  const rules = { allocation: { rules: [{ name: "both", when: { caller: ANN }, split: { payments: 75, web: 25 } }] } };
  expect(await added({ kind: "other", amount: 8 }, [{ by: ANN, cost: 2n * DOLLAR }, { by: "tag:ci,tag:web", cost: 2n * DOLLAR }], rules)).toEqual([
    `${ANN} of payments: charge, $1.500000000 of $4.000000000, 3.000000000`,
    `${ANN} of web: charge, $0.500000000 of $4.000000000, 1.000000000`,
    "tag:ci,tag:web of web tag:ci: charge, $1.000000000 of $4.000000000, 2.000000000",
    "tag:ci,tag:web of web tag:web: charge, $1.000000000 of $4.000000000, 2.000000000",
  ]);
});

test("weights name the teams, and a credit is negative", async () => {
  expect(await added({ kind: "other", amount: "-$10", spread: { payments: 70, web: 30 } }, [{ by: CAT }])).toEqual(["(none) of payments: charge, 70 of 100, -7.000000000", "(none) of web: charge, 30 of 100, -3.000000000"]);
});

test("what nobody used is nobody's", async () => {
  expect(await added({ kind: "tokens", provider: "tailscale", amount: 500 }, [{ by: ANN }])).toEqual(["(none) of (unallocated): charge, nobody used it, 500.000000000"]);
});

test("of two charges the second covers what the first leaves", async () => {
  const settings = settingsOf({ ...TEAMS, charges: ["first", "second"].map((name) => ({ name, kind: "commitment", provider: "anthropic", amount: 3 })) });
  const rows = await allocateTable(settings, boundMonth("2026-10", "UTC"), [usageOf({ by: ANN, cost: 5n * DOLLAR })]);
  expect(rows.filter((row) => row[9] === "metered" && row[10] === "adjustment").map((row) => [row[11], row[12], row[14]])).toEqual([["first", "covered: $3.000000000 of $5.000000000", "-3.000000000"], ["second", "covered: $2.000000000 of $2.000000000", "-2.000000000"]]);
});

describe("the amount of a month", () => {
  const amountOf = (charge: Record<string, unknown>, month: string, timezone = "UTC"): string[] =>
    chargesOfMonth(settingsOf({ timezone, charges: [{ name: "it", kind: "other", provider: "anthropic", ...charge }] }), boundMonth(month, timezone)).map(({ amount }) => formatDollars(amount));

  test.each<[string, Record<string, unknown>, string, string[]]>([
    ["is whole where it holds all month", { amount: "0.123456789" }, "2026-10", ["0.123456789"]],
    ["is a part by days, rounded to the cent", { amount: 100, from: "2026-10-31" }, "2026-10", ["3.230000000"]],
    ["ends before until", { amount: 30, until: "2026-11-02" }, "2026-11", ["1.000000000"]],
    ["is the same part of a short month", { amount: 28, from: "2027-02-15" }, "2027-02", ["14.000000000"]],
    ["is nothing before it begins", { amount: 30, from: "2026-11-01" }, "2026-10", []],
    ["is nothing from until on", { amount: 30, until: "2026-10-01" }, "2026-10", []],
    ["is price by quantity", { price: "0.10", quantity: 1.5 }, "2026-10", ["0.150000000"]],
    ["rounds to the nanodollar where a whole month has more digits", { price: "0.000000001", quantity: 1.5 }, "2026-10", ["0.000000002"]],
  ])("%s", (_, charge, month, amounts) => {
    for (const timezone of ["UTC", "Pacific/Kiritimati", "America/New_York"]) expect(amountOf(charge, month, timezone)).toEqual(amounts);
  });

  test("is what an invoice asks, and covers that much; an amount that is covered by itself stays", () => {
    const written = (covers: unknown): Written => ({ charges: [{ name: "it", kind: "commitment", provider: "anthropic", amount: 1000, covers }] });
    const asked = { month: "2026-10", amounts: [], charges: [{ provider: "anthropic", name: "it", invoice: 900n * DOLLAR, when: new Map() }] };
    const chargeOf = (covers: unknown): unknown[] => chargesOfMonth({ ...settingsOf(written(covers)), trueUps: [asked] }, boundMonth("2026-10", "UTC")).map((one) => [one.amount, one.covers]);
    expect([chargeOf("amount"), chargeOf(1500), chargeOf("all")]).toEqual([[[900n * DOLLAR, 900n * DOLLAR]], [[900n * DOLLAR, 1500n * DOLLAR]], [[900n * DOLLAR, "all"]]]);
  });

  test("a part of a month has no charges", () => {
    const { from, to } = boundMonth("2026-10", "UTC");
    expect(chargesOfMonth(settingsOf({ charges: [{ name: "it", kind: "other", provider: "x", amount: 1 }] }), { from, to: new Date(to.getTime() - 900_000) })).toEqual([]);
  });
});

test("a charge makes its own months stale and no others, and comes out of a close as it went in", () => {
  const plain = settingsOf(TEAMS);
  const charged = settingsOf({ ...TEAMS, charges: [{ name: "it", kind: "seats", provider: "anthropic", price: "19.99", people: [BOB, { member: CAT, until: "2026-10-20" }], from: "2026-10-05", until: "2026-11-01" }, { name: "own", kind: "commitment", provider: "x", amount: 5, covers: 3, spread: { web: 1 }, on: "2026-10-09", when: { model: ["a", "b*"] } }] });
  const digest = (month: string, of = charged): string => describeSettings(of, boundMonth(month, "UTC"));
  for (const month of ["2026-09", "2026-11"]) expect(digest(month)).toBe(digest(month, plain));
  expect(digest("2026-10")).not.toBe(digest("2026-10", plain));
  const thawed = frozenSettings.parse(JSON.parse(JSON.stringify(freezeSettings(charged))));
  expect(thawed.charges).toEqual(charged.charges);
  expect(digest("2026-10", thawed)).toBe(digest("2026-10"));
});

test("a team that nobody knows is refused", () => {
  expect(() => checkTeams(settingsOf({ ...TEAMS, charges: [{ name: "it", kind: "other", provider: "x", amount: 1, spread: { wep: 1 } }] }))).toThrow(/the charge it names the team "wep"/);
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ["both amount and price", { amount: 1, price: 2, quantity: 1 }, /exactly one of amount and price/],
  ["neither", {}, /exactly one of amount and price/],
  ["a price of nothing", { price: 2 }, /price needs quantity or people/],
  ["people with something else than seats", { price: 2, people: [BOB] }, /only seats have people/],
  ["a pattern of people", { kind: "seats", price: 2, people: ["*@example.com"] }, /patterns are not allowed/],
  ["a tag as a person", { kind: "seats", price: 2, people: ["tag:ci"] }, /a tag is not a person/],
  ["a group that only Tailscale knows", { kind: "seats", price: 2, people: [{ member: "autogroup:member" }] }, /only Tailscale can resolve autogroup:/],
  ["people and spread", { kind: "seats", price: 2, people: [BOB], spread: "even" }, /leave out spread/],
  ["a day and a beginning", { amount: 1, on: "2026-10-01", from: "2026-10-01" }, /neither from nor until/],
  ["no dollars", { amount: "ten" }, /an amount of US dollars such as 1500/],
  ["a dimension that is not there", { amount: 1, when: { branch: "x" } }, /there is no dimension branch/],
  ["the name of an adjustment", { amount: 1, name: "half" }, /an adjustment already has the name half/],
])("%s is refused", (_, charge, message) => {
  const parsed = configSchema.safeParse({ allocation: { adjustments: [{ name: "half", percent: -50 }] }, charges: [{ name: "it", kind: "other", provider: "x", ...charge }] });
  expect(parsed.error?.issues.map((issue) => issue.message).join("; ")).toMatch(message);
});

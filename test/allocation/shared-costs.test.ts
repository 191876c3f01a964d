import { describe, expect, test } from "vitest";
import { whoPays, type Written } from "./who-pays.ts";

const directory = {
  teams: [
    { name: "payments", members: ["ann@example.com"] },
    { name: "web", members: ["bob@example.com"] },
    { name: "platform", members: ["cat@example.com", "tag:prod"] },
  ],
};
const pools = (...all: object[]): Written => ({ directory, allocation: { pools: all } });

describe("shared costs are spread", () => {
  test("evenly over all teams that are not pooled themselves", () => {
    expect(whoPays(pools({ name: "platform", when: { team: "platform" }, spread: "even" }), { by: "cat@example.com", cost: 5n })).toEqual([
      "payments (pool_even, platform, 1 of 2): 0.000000003",
      "web (pool_even, platform, 1 of 2): 0.000000002",
    ]);
  });

  test("by weights", () => {
    expect(whoPays(pools({ name: "production", when: { tag: "tag:prod" }, spread: { payments: 3, web: 1 } }), { by: "tag:prod" })).toEqual([
      "payments tag:prod (pool_weights, production, 3 of 4): 0.750000000",
      "web tag:prod (pool_weights, production, 1 of 4): 0.250000000",
    ]);
  });

  test("in proportion to what the teams owe themselves: subscriptions are no part of that", () => {
    const spent = [
      { by: "ann@example.com", cost: 9_000_000_000n },
      { by: "bob@example.com", cost: 3_000_000_000n },
      { by: "bob@example.com", cost: 50_000_000_000n, of: { billing: "subscription" as const } },
      { by: "cat@example.com", cost: 1_000_000_000n },
    ];
    expect(whoPays(pools({ name: "platform", when: { team: "platform" }, spread: "proportional" }), ...spent)).toEqual([
      "payments (member, directory): 9.000000000",
      "payments (pool_proportional, platform, $9.000000000 of $12.000000000): 0.750000000",
      "web (member, directory): 3.000000000",
      "web (member, directory): 50.000000000",
      "web (pool_proportional, platform, $3.000000000 of $12.000000000): 0.250000000",
    ]);
  });

  test("in proportion to direct cost before pools: what a pool takes of a team counts as its own", () => {
    const batch = { name: "batch", when: { model: "batch-*" }, spread: "proportional" };
    const spent = [{ by: "ann@example.com" }, { by: "bob@example.com", cost: 3_000_000_000n, of: { model: "batch-1" } }];
    expect(whoPays(pools(batch), ...spent)).toEqual([
      "payments (member, directory): 1.000000000",
      "payments (pool_proportional, batch, $1.000000000 of $4.000000000): 0.750000000",
      "web (pool_proportional, batch, $3.000000000 of $4.000000000): 2.250000000",
    ]);
  });

  test("to each its own where a pool takes everything that anybody owes", () => {
    const spent = [{ by: "ann@example.com", cost: 5n }, { by: "bob@example.com", cost: 7n }];
    expect(whoPays(pools({ name: "all", when: {}, spread: "proportional" }), ...spent)).toEqual([
      "payments (pool_proportional, all, $0.000000005 of $0.000000012): 0.000000002",
      "payments (pool_proportional, all, $0.000000005 of $0.000000012): 0.000000003",
      "web (pool_proportional, all, $0.000000007 of $0.000000012): 0.000000003",
      "web (pool_proportional, all, $0.000000007 of $0.000000012): 0.000000004",
    ]);
  });

  test("by the same direct cost in every pool, whichever comes first: no pool sees what another gave", () => {
    const spent = [
      { by: "ann@example.com" },
      { by: "bob@example.com", cost: 3_000_000_000n, of: { model: "batch-1" } },
      { by: "cat@example.com", cost: 4_000_000_000n },
      { by: "stranger@example.com", cost: 8_000_000_000n },
    ];
    const all = [
      { name: "batch", when: { model: "batch-*" }, spread: "proportional" },
      { name: "platform", when: { team: "platform" }, spread: "proportional" },
      { name: "nobody", when: { team: "(unallocated)" }, spread: "proportional" },
    ];
    const expected = [
      "payments (member, directory): 1.000000000",
      "payments (pool_proportional, batch, $1.000000000 of $4.000000000): 0.750000000",
      "payments (pool_proportional, nobody, $1.000000000 of $4.000000000): 2.000000000",
      "payments (pool_proportional, platform, $1.000000000 of $4.000000000): 1.000000000",
      "web (pool_proportional, batch, $3.000000000 of $4.000000000): 2.250000000",
      "web (pool_proportional, nobody, $3.000000000 of $4.000000000): 6.000000000",
      "web (pool_proportional, platform, $3.000000000 of $4.000000000): 3.000000000",
    ];
    expect(whoPays(pools(...all), ...spent)).toEqual(expected);
    expect(whoPays(pools(...all.toReversed()), ...spent)).toEqual(expected);
  });

  test("by direct cost that no adjustment changes, nor a subscription that a pool takes", () => {
    const written: Written = {
      directory,
      allocation: {
        pools: [{ name: "batch", when: { model: "batch-*" }, spread: "proportional" }],
        adjustments: [{ name: "discount", when: { team: "web" }, percent: -50 }],
      },
    };
    const batch = { model: "batch-1" };
    const spent = [{ by: "ann@example.com", of: batch }, { by: "bob@example.com" }, { by: "bob@example.com", cost: 6_000_000_000n, of: { ...batch, billing: "subscription" as const } }];
    expect(whoPays(written, ...spent).filter((row) => row.includes("pool_"))).toEqual([
      "payments (pool_proportional, batch, $1.000000000 of $2.000000000): 0.500000000",
      "payments (pool_proportional, batch, $1.000000000 of $2.000000000): 3.000000000",
      "web (pool_proportional, batch, $1.000000000 of $2.000000000): 0.500000000",
      "web (pool_proportional, batch, $1.000000000 of $2.000000000): 3.000000000",
    ]);
  });

  test("evenly where nobody owes anything, and says so", () => {
    expect(whoPays(pools({ name: "platform", when: { team: "platform" }, spread: "proportional" }), { by: "cat@example.com", cost: 2n })).toEqual([
      "payments (pool_proportional, platform, 1 of 2: none has a direct cost): 0.000000001",
      "web (pool_proportional, platform, 1 of 2: none has a direct cost): 0.000000001",
    ]);
  });

  test("over the teams that are named, for a gateway that nobody owns", () => {
    const legacy = pools({ name: "legacy", when: { gateway: "legacy", team: "(unallocated)" }, spread: "even", over: ["web"] });
    const stranger = { by: "stranger@example.com", of: { instance: "legacy" } };
    expect(whoPays(legacy, stranger)).toEqual(["web (pool_even, legacy, 1 of 1): 1.000000000"]);
    expect(whoPays(legacy, { by: "stranger@example.com" })[0]).toMatch(/^\(unallocated\)/);
    expect(whoPays(legacy, { by: "ann@example.com", of: { instance: "legacy" } })[0]).toMatch(/^payments \(member/);
  });

  test("by the first pool that takes them, from a day until a day", () => {
    const two = pools(
      { name: "first", when: { team: "platform" }, spread: { web: 1 }, until: "2026-10-10" },
      { name: "second", when: { team: "platform" }, spread: { payments: 1 } },
    );
    expect(whoPays(two, { by: "cat@example.com", at: "2026-10-09T23:45:00Z" })[0]).toMatch(/^web \(pool_weights, first/);
    expect(whoPays(two, { by: "cat@example.com", at: "2026-10-10T00:00:00Z" })[0]).toMatch(/^payments \(pool_weights, second/);
  });

  test("nowhere where there is no other team", () => {
    const alone: Written = { directory: { teams: [{ name: "only", members: ["ann@example.com"] }] }, allocation: { pools: [{ name: "all", when: { team: "only" }, spread: "even" }] } };
    expect(whoPays(alone, { by: "ann@example.com" })).toEqual(["only (member, directory): 1.000000000"]);
  });
});

describe("discounts and markups", () => {
  const adjusted = (...adjustments: object[]): Written => ({ directory, allocation: { adjustments } });

  test("stand in rows of their own, one after the other, each on what the one before left", () => {
    const both = adjusted({ name: "committed use", when: { provider: "anthropic" }, percent: -10 }, { name: "overhead", when: { team: "web" }, percent: 5 });
    expect(whoPays(both, { by: "bob@example.com" }, { by: "ann@example.com", cost: 100n })).toEqual([
      "payments (adjustment, committed use, -10 %): -0.000000010",
      "payments (member, directory): 0.000000100",
      "web (adjustment, committed use, -10 %): -0.100000000",
      "web (adjustment, overhead, 5 %): 0.045000000",
      "web (member, directory): 1.000000000",
    ]);
  });

  test("leave a subscription's list value and what has no price alone", () => {
    const all = adjusted({ name: "overhead", percent: 5 });
    expect(whoPays(all, { by: "bob@example.com", of: { billing: "subscription" } })).toEqual(["web (member, directory): 1.000000000"]);
    expect(whoPays(all, { by: "bob@example.com", cost: null })).toEqual(["web (member, directory): not priced"]);
  });

  test("hold on models from a day until a day, and round halves away from zero", () => {
    const opus = adjusted({ name: "negotiated", when: { model: "claude-opus*" }, percent: -2.5, from: "2026-10-10" });
    const later = { by: "bob@example.com", at: "2026-10-10T00:00:00Z", cost: 20n };
    expect(whoPays(opus, later)).toEqual(["web (adjustment, negotiated, -2.5 %): -0.000000001", "web (member, directory): 0.000000020"]);
    expect(whoPays(opus, { ...later, at: "2026-10-09T23:45:00Z" })).toEqual(["web (member, directory): 0.000000020"]);
    expect(whoPays(opus, { ...later, of: { model: "claude-haiku-4-5" } })).toEqual(["web (member, directory): 0.000000020"]);
  });

  test("are on a team's part of shared costs as well", () => {
    const written: Written = {
      directory,
      allocation: { pools: [{ name: "platform", when: { team: "platform" }, spread: { web: 1 } }], adjustments: [{ name: "overhead", when: { team: "web" }, percent: 10 }] },
    };
    expect(whoPays(written, { by: "cat@example.com" })).toEqual(["web (adjustment, overhead, 10 %): 0.100000000", "web (pool_weights, platform, 1 of 1): 1.000000000"]);
  });
});

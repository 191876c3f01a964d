import fc from "fast-check";
import { expect, test } from "vitest";
import type { Condition } from "../../src/allocation/settings/settings.ts";
import type { Billing } from "../../src/ledger/usage/usage-record.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocateUsages } from "../allocation/split-usages.ts";
import { settingsOf, usageOf } from "../allocation/who-pays.ts";
import { runs } from "./runs.ts";

/** Who pays before pools, written out by hand: the configuration below says the same in the words of the ledger. */
const PAYERS: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
  "ann@example.com": { alpha: 1n },
  "bob@example.com": { beta: 1n },
  "cat@example.com": { gamma: 1n },
  "dan@example.com": { alpha: 2n, beta: 1n },
  "eve@example.com": { "(unallocated)": 1n },
};
const directory = {
  teams: [
    { name: "alpha", members: ["ann@example.com"] },
    { name: "beta", members: ["bob@example.com"] },
    { name: "gamma", members: ["cat@example.com"] },
  ],
};
const rules = [{ name: "dan works for two", when: { caller: "dan@example.com" }, split: { alpha: 2, beta: 1 } }];

interface Used {
  by: string;
  day: number;
  model: string;
  billing: Billing;
  cost: bigint;
}

interface Pooling {
  when: { team?: string; model?: string; billing?: string };
  over: string[] | undefined;
  from: number | undefined;
}

/** By the page "Who pays" alone: what each team has in the end, adjustments apart. */
function spreadByHand(usages: readonly Used[], pools: readonly Pooling[]): Record<string, bigint> {
  const parts = usages.flatMap(({ by, cost, ...usage }) => Object.entries(share(cost, PAYERS[by]!)).map(([team, part]) => ({ ...usage, team, part })));
  const direct: Record<string, bigint> = {};
  for (const { team, part, billing } of parts) if (billing !== "subscription") direct[team] = (direct[team] ?? 0n) + part;
  const ends: Record<string, bigint> = {};
  const give = (shares: Record<string, bigint>): void => {
    for (const [team, part] of Object.entries(shares)) ends[team] = (ends[team] ?? 0n) + part;
  };
  for (const one of parts) {
    const holding = pools.filter(({ from }) => from === undefined || one.day >= from);
    const named = new Set(holding.flatMap(({ when }) => when.team ?? []));
    const pool = holding.find(({ when }) => Object.entries(when).every(([name, value]) => one[name as "team" | "model" | "billing"] === value));
    const over = (pool?.over ?? ["alpha", "beta", "gamma"].filter((team) => !named.has(team))).filter(() => pool !== undefined);
    const weights = over.filter((team) => (direct[team] ?? 0n) > 0n).map((team): [string, bigint] => [team, direct[team]!]);
    const spread = weights.length > 0 ? weights : over.map((team): [string, bigint] => [team, 1n]);
    give(spread.length === 0 ? { [one.team]: one.part } : share(one.part, Object.fromEntries(spread)));
  }
  return nonZero(ends);
}

/** Whole units in proportion, one more each to those that lost most by it, ties by name. */
function share(total: bigint, weights: Readonly<Record<string, bigint>>): Record<string, bigint> {
  const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0n);
  const lost = Object.entries(weights).map(([name, weight]) => ({ name, part: (total * weight) / all, rest: (total * weight) % all }));
  let left = total - lost.reduce((sum, { part }) => sum + part, 0n);
  for (const one of lost.toSorted((a, b) => (a.rest === b.rest ? (a.name < b.name ? -1 : 1) : a.rest > b.rest ? -1 : 1))) {
    if (left > 0n) one.part += 1n;
    left -= 1n;
  }
  return Object.fromEntries(lost.map(({ name, part }) => [name, part]));
}

function nonZero(sums: Readonly<Record<string, bigint>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0n));
}

const used: fc.Arbitrary<Used> = fc.record({
  by: fc.constantFrom(...Object.keys(PAYERS)),
  day: fc.integer({ min: 1, max: 28 }),
  model: fc.constantFrom("opus", "haiku"),
  billing: fc.constantFrom("metered", "subscription", "self_hosted"),
  cost: fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 10n ** 15n })),
});
const condition = fc.record({ team: fc.constantFrom("gamma", "(unallocated)"), model: fc.constantFrom("opus", "haiku"), billing: fc.constant("metered") }, { requiredKeys: [] });
const pooling: fc.Arbitrary<Pooling> = fc.record({
  when: condition,
  over: fc.option(fc.subarray(["alpha", "beta"], { minLength: 1 }), { nil: undefined }),
  from: fc.option(fc.integer({ min: 2, max: 28 }), { nil: undefined }),
});
const twoDigits = (day: number): string => String(day).padStart(2, "0");

test("whatever pools take of whom, each is spread by what teams had before any of them, to the nanodollar", () => {
  fc.assert(
    fc.property(fc.array(used, { maxLength: 20 }), fc.array(pooling, { minLength: 1, maxLength: 3 }), (usages, pools) => {
      const written = pools.map(({ when, over, from }, index) => ({
        name: `pool ${String(index)}`, when: when as Condition, spread: "proportional", over, from: from === undefined ? undefined : `2026-10-${twoDigits(from)}`,
      }));
      const adjustments = [{ name: "discount", percent: -50 }];
      const settings = settingsOf({ directory, allocation: { rules, pools: written, adjustments } });
      const spent = usages.map(({ by, day, model, billing, cost }) => usageOf({ by, at: `2026-10-${twoDigits(day)}T12:00:00Z`, cost, of: { model, billing } }));
      const { allocated } = allocateUsages(settings, boundMonth("2026-10", "UTC"), spent);
      const ends: Record<string, bigint> = {};
      for (const { team, method, sums } of allocated) if (method !== "adjustment") ends[team] = (ends[team] ?? 0n) + (sums.cost ?? 0n);
      expect(nonZero(ends)).toEqual(spreadByHand(usages, pools));
    }),
    runs(400),
  );
});

/** Texts that together are the same text, however they are joined: `prod` and `x`, `web prod` and nothing. */
const word = fc.constantFrom("prod", "web", "x", "", "of", "1");
const spaced = (least: number): fc.Arbitrary<string> => fc.array(word, { minLength: least, maxLength: 3 }).map((words) => words.join(" "));
const name = spaced(1).filter((one) => one.trim() === one && one !== "");

test("names with spaces in them keep teams and tags apart: each has what its callers and tags cost", () => {
  const teamsOf = fc.uniqueArray(name, { minLength: 2, maxLength: 4 });
  const tagsOf = fc.uniqueArray(spaced(1).map((text) => `tag:${text}`), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(teamsOf, tagsOf, fc.bigInt({ min: 1n, max: 10n ** 12n }), (teams, tags, cost) => {
      const settings = settingsOf({
        directory: { teams: teams.map((team, index) => ({ name: team, members: [`${String(index)}@example.com`] })) },
        allocation: { rules: [{ name: "of devices", when: { caller: "device" }, split: Object.fromEntries(teams.map((team) => [team, 1])) }] },
      });
      const spent = [...teams.map((_, index) => usageOf({ by: `${String(index)}@example.com`, cost: cost * BigInt(index + 1) })), usageOf({ by: "device", cost: cost * BigInt(teams.length * tags.length), of: { callerType: "tag", tags } })];
      const { allocated } = allocateUsages(settings, boundMonth("2026-10", "UTC"), spent);
      const costs = new Map<string, bigint>();
      for (const { team, tag, sums } of allocated) {
        const own = JSON.stringify([team, tag]);
        costs.set(own, (costs.get(own) ?? 0n) + (sums.cost ?? 0n));
      }
      for (const [index, team] of teams.entries()) {
        expect(costs.get(JSON.stringify([team, "(untagged)"]))).toBe(cost * BigInt(index + 1));
        for (const tag of tags) expect(costs.get(JSON.stringify([team, tag]))).toBe(cost);
      }
    }),
    runs(200),
  );
});

test("a pool over teams and tags that read alike when they are joined is spread by what each team had", () => {
  const written = {
    directory: { teams: [{ name: "prod", members: ["ann@example.com"] }, { name: "web prod", members: ["bob@example.com"] }] },
    allocation: { pools: [{ name: "shared", when: { team: "(unallocated)" }, spread: "proportional" }] },
  };
  const dollar = 1_000_000_000n;
  const spent = [
    usageOf({ by: "ann@example.com", cost: 3n * dollar }),
    usageOf({ by: "bob@example.com", cost: dollar }),
    usageOf({ by: "device", cost: 8n * dollar, of: { callerType: "tag", tags: ["tag:x", "tag:x web"] } }),
  ];
  const { allocated } = allocateUsages(settingsOf(written), boundMonth("2026-10", "UTC"), spent);
  const owed: Record<string, bigint> = {};
  for (const { team, sums } of allocated) owed[team] = (owed[team] ?? 0n) + (sums.cost ?? 0n);
  expect(owed).toEqual({ prod: 9n * dollar, "web prod": 3n * dollar });
});

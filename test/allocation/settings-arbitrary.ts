import fc from "fast-check";
import type { AllocationSettings, Condition, Dated, RuleSettings } from "../../src/allocation/settings/settings.ts";
import { mapOf } from "../map-of.ts";

export const PEOPLE = ["ann@example.com", "bob@example.com", "cat@example.com", "dan@example.org", "eve@example.org"];
export const TAGS = ["tag:api", "tag:batch", "tag:ci", "tag:prod"];
export const TEAMS = ["alpha", "beta", "gamma"];
const GROUPS = ["group:beta", "group:delta", "group:epsilon"];
const REPOS = ["acme/one", "acme/two"];

/** Days around the month that is split, and none at all. */
const day = fc.option(fc.integer({ min: 1, max: 30 }).map((number) => `2026-10-${String(number).padStart(2, "0")}`), { nil: undefined, freq: 2 });
const dates: fc.Arbitrary<Dated> = fc.tuple(day, day).map(([a, b]) => {
  if (a === undefined || b === undefined || a === b) return { from: a, until: undefined };
  return a < b ? { from: a, until: b } : { from: b, until: a };
});

const member = fc.constantFrom(...PEOPLE, "ANN@Example.com", ...TAGS, ...GROUPS, "*@example.org", "tag:*", "nobody@example.com");
const team = fc
  .record({ name: fc.constantFrom(...TEAMS), members: fc.array(fc.tuple(member, dates), { maxLength: 4 }), center: fc.option(fc.constantFrom("C1", "C2"), { nil: undefined }) })
  .map(({ name, members, center }) => ({ name, cost_center: center, members: members.map(([one, when]) => ({ member: one, ...when })) }));

function conditionOf(written: Record<string, string>): Condition {
  return mapOf(written);
}

const pattern = <Text>(...texts: Text[]): fc.Arbitrary<Text | undefined> => fc.option(fc.constantFrom(...texts), { nil: undefined, freq: 2 });
const when: fc.Arbitrary<Condition> = fc.record({
  caller: pattern("ann@example.com", "*@example.org", "tag:*"),
  tag: pattern("tag:ci", "tag:p*"),
  group: pattern("group:delta"),
  model: pattern("opus", "*"),
  teams: pattern<string | string[]>("none", "several", ["alpha"], ["alpha", "beta"]),
  repo: pattern<string | null>("acme/one", "acme/*", null),
}).map((all) => new Map(Object.entries(all).flatMap(([name, wanted]) => (wanted === undefined ? [] : [[name, wanted]]))));
const owner = fc.constantFrom(...TEAMS);
const weights = fc.dictionary(owner, fc.integer({ min: 0, max: 100_000 }).map((milli) => milli / 1000), { minKeys: 1, noNullPrototype: true }).filter((all) => Object.values(all).some((weight) => weight > 0)).map(mapOf);
const outcome: fc.Arbitrary<Partial<RuleSettings>> = fc.oneof(
  owner.map((name) => ({ team: name })),
  fc.dictionary(fc.constantFrom(...REPOS, "acme/*"), owner, { noNullPrototype: true }).map((teams) => ({ by: "repo", teams: mapOf(teams) })),
  fc.constant({ primary: true as const }),
  fc.shuffledSubarray(TEAMS, { minLength: 1 }).map((order) => ({ primary: order })),
  fc.constant({ split: "even" as const }),
  weights.map((split) => ({ split })),
  fc.constant({ unallocated: true as const }),
);
const rule: fc.Arbitrary<RuleSettings> = fc.tuple(when, outcome, dates).map(([condition, decided, dated]) => ({ when: condition, ...decided, ...dated }));

/** Two different teams at the most are pooled, so that there is always one to spread them over. */
const pool = (index: number): fc.Arbitrary<AllocationSettings["pools"][number]> =>
  fc
    .tuple(
      fc.oneof(fc.constantFrom<Condition>(...[{ tag: "tag:prod" }, { gateway: "west" }, { team: "(unallocated)" }, { team: "gamma" }].map(conditionOf)), when),
      fc.oneof(fc.constantFrom("even" as const, "proportional" as const), fc.constant(mapOf({ alpha: 2.5, beta: 1 }))),
      dates,
    )
    .map(([condition, spread, dated]) => {
      const ofUsage = new Map([...condition].filter(([name]) => name !== "teams"));
      return { name: `pool ${String(index)}`, when: ofUsage, spread, over: typeof spread === "string" ? ["alpha", "beta"] : undefined, ...dated };
    });

const lists = (names: readonly string[], values: readonly string[]): fc.Arbitrary<ReadonlyMap<string, string[]>> =>
  fc.dictionary(fc.constantFrom(...names), fc.array(fc.constantFrom(...values), { maxLength: 4 }), { noNullPrototype: true }).map(mapOf);
const policy = fc
  .record({ groups: lists(GROUPS, [...PEOPLE, "CAT@example.com"]), tagOwners: lists(TAGS, [...GROUPS, ...PEOPLE, ...TAGS, "autogroup:admin"]) })
  .map((read) => ({ policy: read }));

/** Who pays, by directories and rules that overlap, contradict, begin and end within October 2026. */
export const allocationSettings: fc.Arbitrary<Omit<AllocationSettings, "adjustments">> = fc.record({
  timezone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"),
  teams: fc.uniqueArray(team, { selector: ({ name }) => name, maxLength: 3 }),
  ignoredGroups: fc.subarray(["group:epsilon", "group:d*"]),
  several: fc.constantFrom("primary", "even", "unallocated"),
  rules: fc.array(rule, { maxLength: 5 }),
  pools: fc.tuple(fc.option(pool(0), { nil: undefined }), fc.option(pool(1), { nil: undefined })).map((all) => all.filter((one) => one !== undefined)),
  policies: fc.uniqueArray(fc.tuple(fc.constantFrom("2026-09-20", "2026-10-07", "2026-10-19"), policy), { selector: ([date]) => date, maxLength: 3 }).map((all) =>
    all.map(([date, read]) => ({ date, ...read })).toSorted((a, b) => (a.date < b.date ? -1 : 1)),
  ),
});

export const adjustments: fc.Arbitrary<AllocationSettings["adjustments"]> = fc
  .array(fc.tuple(fc.constantFrom<Condition>(...[{}, { team: "alpha" }, { model: "opus" }].map(conditionOf)), fc.integer({ min: -1_000_000, max: 2_000_000 }), dates), { maxLength: 3 })
  .map((all) => all.map(([condition, tenThousandths, dated], index) => ({ name: `adjustment ${String(index)}`, when: condition, percent: tenThousandths / 10_000, ...dated })));

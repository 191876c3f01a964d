import fc from "fast-check";
import type { Sums } from "./model/sums.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { COUNT_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { adjustments, allocationSettings, PEOPLE, TAGS } from "./settings-arbitrary.ts";
import type { SlotUsage } from "./split-usages.ts";

export const QUARTER_HOUR = 900_000;
export const SLOTS = 31 * 96;

const caller = fc.oneof(
  fc.constantFrom(...PEOPLE, "stranger@example.com").map((login) => ({ caller: login, callerType: "user" as const, tags: [] as string[] })),
  fc.subarray(TAGS, { minLength: 1 }).map((tags) => ({ caller: tags.join(","), callerType: "tag" as const, tags })),
);
const dimensions = fc.constantFrom<Record<string, string>>({}, { repo: "acme/one" }, { repo: "acme/two" }, { repo: "other/three" });
const key: fc.Arbitrary<UsageKey> = fc
  .record({
    who: caller,
    dimensions,
    instance: fc.constantFrom("east", "west"),
    model: fc.constantFrom("opus", "haiku"),
    billing: fc.constantFrom("metered", "subscription", "self_hosted"),
  })
  .map(({ who, ...rest }) => ({ ...who, ...rest, provider: "anthropic" }));
/** Few nanodollars, so that remainders matter; and many. */
const cost = fc.option(fc.oneof(fc.bigInt({ min: 0n, max: 7n }), fc.bigInt({ min: 0n, max: 10n ** 17n })), { freq: 5 });
const count = fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 2n ** 63n })).map((whole) => whole * 1_000_000_000n);
const sums: fc.Arbitrary<Sums> = fc.record({ cost, counts: fc.array(count, { minLength: COUNT_COLUMNS.length, maxLength: COUNT_COLUMNS.length }) });

/** Usages by the number of the quarter of an hour of the month that they are in. */
const usages = fc.array(fc.record({ key, slot: fc.nat(SLOTS - 1), sums }), { maxLength: 25 });
/** A month with its settings, and usages in quarters of an hour of it. */
export const scenario = fc.tuple(allocationSettings, adjustments, usages).map(([settings, changes, all]) => {
  const month = boundMonth("2026-10", settings.timezone);
  const placed: SlotUsage[] = all.map(({ key: of, slot, sums: amounts }) => ({ key: of, at: month.from.getTime() + slot * QUARTER_HOUR, sums: amounts }));
  return { settings: { ...settings, adjustments: changes }, month, usages: placed };
});

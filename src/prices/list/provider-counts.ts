import { z } from "zod";
import { entriesWithin, entryInForce, type RuleOverTime, rulesFor, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import { COUNTED_PARTS, type DeclaredCounts } from "./price-entry.ts";
import { startOfEntry } from "./price-list.ts";

/** What the configuration says of a provider's counts, as it is written. */
export interface WrittenProviderCounts {
  /** Name, or pattern of names. */
  provider: string;
  /** `YYYY-MM-DD`, in the configured time zone; always without it. */
  from?: string | undefined;
  counts: DeclaredCounts;
}

/** In the order in which their texts appear first. Times are milliseconds since 1970. */
export type ProviderCounts = readonly RuleOverTime<WrittenProviderCounts>[];

/** @param timezone IANA name of the zone in which days begin. */
export function compileProviderCounts(written: readonly WrittenProviderCounts[], timezone: string): ProviderCounts {
  return rulesOverTime(written, ({ provider }) => provider, ({ from }) => startOfEntry(from, timezone));
}

/** What is said of a provider at a time, part by part: of the rules for it the first whose entry in force says something of the part decides. */
export function declaredCounts(all: ProviderCounts, provider: string, at: number): DeclaredCounts {
  const inForce = rulesFor(all, provider).flatMap((rule) => entryInForce(rule, at) ?? []);
  return inForce.reduceRight<DeclaredCounts>((declared, { counts }) => ({ ...declared, ...counts }), {});
}

/** Entries that are in force at some time from `from` on and before `to`, rule by rule. */
export function countsInForce(all: ProviderCounts, from: number, to: number): { start: number; provider: string; counts: DeclaredCounts }[] {
  return all.flatMap((rule) => entriesWithin(rule, from, to).map(({ start, entry: { provider, counts } }) => ({ start, provider, counts })));
}

const declared = z.partialRecord(z.enum(COUNTED_PARTS), z.enum(["within", "beside"]));

/** Entries as they were written down when a month was closed. */
export const frozenCounts = z.array(z.object({ provider: z.string(), from: z.string().optional(), counts: declared }));
export type FrozenCounts = z.infer<typeof frozenCounts>;

/** The entries that decide, in an order that makes the same rules of them. */
export function freezeCounts(all: ProviderCounts): FrozenCounts {
  return frozenCounts.parse(all.flatMap(({ entries }) => entries.map(({ entry }) => entry)));
}

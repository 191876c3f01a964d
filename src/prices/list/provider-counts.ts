import { z } from "zod";
import { entriesWithin, entryInForce, type RuleOverTime, rulesFor, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import { COUNTED_PARTS, type DeclaredCounts } from "./price-entry.ts";
import { startOfEntry } from "./price-list.ts";

/** A configured rule for a provider's counts, as it is written. */
export interface WrittenProviderCounts {
  /** Name, or pattern of names. */
  provider: string;
  /** `YYYY-MM-DD`, in the configured time zone; without it the rule always applies. */
  from?: string | undefined;
  counts: DeclaredCounts;
}

/** In the order of each text's first entry. Times are milliseconds since 1970. */
export type ProviderCounts = readonly RuleOverTime<WrittenProviderCounts>[];

/** @param timezone IANA name of the zone in which days begin. */
export function compileProviderCounts(written: readonly WrittenProviderCounts[], timezone: string): ProviderCounts {
  return rulesOverTime(written, ({ provider }) => provider, ({ from }) => startOfEntry(from, timezone));
}

/** A provider's declared counts at a time. For each part, the first rule whose entry in force names that part decides. */
export function declaredCounts(all: ProviderCounts, provider: string, at: number): DeclaredCounts {
  const inForce = rulesFor(all, provider).flatMap((rule) => entryInForce(rule, at) ?? []);
  return inForce.reduceRight<DeclaredCounts>((declared, { counts }) => ({ ...declared, ...counts }), {});
}

/** The entries in force at some time from `from` on and before `to`, rule by rule. */
export function countsInForce(all: ProviderCounts, from: number, to: number): { start: number; provider: string; counts: DeclaredCounts }[] {
  return all.flatMap((rule) => entriesWithin(rule, from, to).map(({ start, entry: { provider, counts } }) => ({ start, provider, counts })));
}

const declared = z.partialRecord(z.enum(COUNTED_PARTS), z.enum(["within", "beside"]));

/** The entries as the close of a month recorded them. */
export const frozenCounts = z.array(z.object({ provider: z.string(), from: z.string().optional(), counts: declared }));
export type FrozenCounts = z.infer<typeof frozenCounts>;

/** The entries that can apply; compiled again in this order, they make the same rules. */
export function freezeCounts(all: ProviderCounts): FrozenCounts {
  return frozenCounts.parse(all.flatMap(({ entries }) => entries.map(({ entry }) => entry)));
}

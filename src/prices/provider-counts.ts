import { startOfDay } from "../days.ts";
import { matchName } from "../written-name.ts";
import type { DeclaredCounts } from "./price-entry.ts";

/** What the configuration says of a provider's counts, as it is written. */
export interface WrittenProviderCounts {
  /** Name, or pattern of names. */
  provider: string;
  /** `YYYY-MM-DD`, in the configured time zone; always without it. */
  from?: string | undefined;
  counts: DeclaredCounts;
}

export interface DatedCounts {
  provider: string;
  /** Milliseconds since 1970; -Infinity where it has no date. */
  start: number;
  counts: DeclaredCounts;
}

/** In order of their dates, of several of one date as they were written: a later one overrides those before it. */
export type ProviderCounts = readonly DatedCounts[];

/** @param timezone IANA name of the zone in which days begin. */
export function compileProviderCounts(written: readonly WrittenProviderCounts[], timezone: string): ProviderCounts {
  const dated = written.map(({ provider, from, counts }) => ({
    provider,
    start: from === undefined ? Number.NEGATIVE_INFINITY : startOfDay(from, timezone).getTime(),
    counts,
  }));
  return dated.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/**
 * What is said of a provider at a time: of the entries that match it and are in force the one that began last decides, of several the
 * last written. Parts that it does not name are as the one before it says.
 */
export function declaredCounts(all: ProviderCounts, provider: string, at: number): DeclaredCounts {
  return all
    .filter(({ provider: name, start }) => start <= at && matchName(name)(provider))
    .reduce<DeclaredCounts>((declared, { counts }) => ({ ...declared, ...counts }), {});
}

/** Those that have begun before `to`: of each, some part may still hold. */
export function countsInForce(all: ProviderCounts, to: number): ProviderCounts {
  return all.filter(({ start }) => start < to);
}

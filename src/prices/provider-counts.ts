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

/** In the order in which they were written. */
export type ProviderCounts = readonly DatedCounts[];

/** @param timezone IANA name of the zone in which days begin. */
export function compileProviderCounts(written: readonly WrittenProviderCounts[], timezone: string): ProviderCounts {
  return written.map(({ provider, from, counts }) => ({
    provider,
    start: from === undefined ? Number.NEGATIVE_INFINITY : startOfDay(from, timezone).getTime(),
    counts,
  }));
}

/**
 * What is said of a provider at a time, as prices are found: of the names that match it the one written first decides, and of
 * what is written for that name what began last.
 */
export function declaredCounts(all: ProviderCounts, provider: string, at: number): DeclaredCounts | undefined {
  const begun = all.filter(({ provider: name, start }) => start <= at && matchName(name)(provider));
  const same = begun.filter(({ provider: name }) => name === begun[0]?.provider);
  return same.toSorted((a, b) => a.start - b.start).at(-1)?.counts;
}

/** Those that may be in force at some time from `from` on and before `to`. */
export function countsInForce(all: ProviderCounts, from: number, to: number): ProviderCounts {
  return all.filter((one, index) => {
    const isOver = all.some((other, place) => other.provider === one.provider && other.start <= from && (other.start > one.start || (other.start === one.start && place > index)));
    return one.start < to && !isOver;
  });
}

import { startOfDay } from "../days.ts";
import { matchName } from "../written-name.ts";
import type { PriceEntry } from "./price-entry.ts";

/** An entry and when it begins to be in force. */
export interface DatedEntry {
  /** Milliseconds since 1970; -Infinity where the entry has no date. */
  start: number;
  entry: PriceEntry;
}

/** The entries of one pattern, in order of their dates; of two of one date the appended one alone. */
export interface PriceGroup {
  match: string;
  matches: (name: string) => boolean;
  /** Whether names are to be tried with their provider. */
  namesProvider: boolean;
  entries: readonly DatedEntry[];
}

/** In the order in which the patterns appear first. */
export type PriceList = readonly PriceGroup[];

/** @param timezone IANA name of the zone in which days begin. */
export function compilePriceList(entries: readonly PriceEntry[], timezone: string): PriceList {
  return [...Map.groupBy(entries, ({ match }) => match)].map(([match, group]) => {
    const byStart = new Map(group.map((entry) => [startOf(entry, timezone), entry]));
    return {
      match,
      matches: matchName(match),
      namesProvider: match.includes("/"),
      entries: [...byStart].map(([start, entry]) => ({ start, entry })).sort((a, b) => a.start - b.start),
    };
  });
}

function startOf({ from }: PriceEntry, timezone: string): number {
  return from === undefined ? Number.NEGATIVE_INFINITY : startOfDay(from, timezone).getTime();
}

/** @param at milliseconds since 1970. */
export function entryInForce({ entries }: PriceGroup, at: number): PriceEntry | undefined {
  return entries.findLast(({ start }) => start <= at)?.entry;
}

/** Groups with those of their entries that are in force at some time from `from` on and before `to`, as far as there are any. */
export function entriesInForce(list: PriceList, from: number, to: number): { match: string; entries: DatedEntry[] }[] {
  return list.flatMap(({ match, entries }) => {
    const first = entries.findLastIndex(({ start }) => start <= from);
    const inForce = entries.slice(Math.max(first, 0)).filter(({ start }) => start < to);
    return inForce.length === 0 ? [] : [{ match, entries: inForce }];
  });
}

import { startOfDay } from "../../ledger/days.ts";
import { type Dated, entriesWithin, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import type { PriceEntry } from "./price-entry.ts";

/** Times are milliseconds since 1970. */
export type DatedEntry = Dated<PriceEntry>;

/** The entries of one pattern, in order of their dates; of two of one date the appended one alone. */
interface PriceGroup {
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
  const rules = rulesOverTime(entries, ({ match }) => match, ({ from }) => startOfEntry(from, timezone));
  return rules.map(({ text, ...rule }) => ({ match: text, namesProvider: text.includes("/"), ...rule }));
}

/** Milliseconds since 1970; -Infinity of an entry without a date. @param from `YYYY-MM-DD` */
export function startOfEntry(from: string | undefined, timezone: string): number {
  return from === undefined ? Number.NEGATIVE_INFINITY : startOfDay(from, timezone).getTime();
}

/** Groups with those of their entries that are in force at some time from `from` on and before `to`, as far as there are any. */
export function entriesInForce(list: PriceList, from: number, to: number): { match: string; entries: DatedEntry[] }[] {
  return list.flatMap((group) => {
    const entries = entriesWithin(group, from, to);
    return entries.length === 0 ? [] : [{ match: group.match, entries }];
  });
}

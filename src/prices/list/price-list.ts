import { startOfDay } from "../../ledger/days.ts";
import { type Dated, entriesWithin, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import { listWanted, type PriceEntry, type WantedTerms } from "./price-entry.ts";

/** Times are milliseconds since 1970. */
export type DatedEntry = Dated<PriceEntry>;

/** The entries of one pattern and the same terms, in order of their dates; of two with the same date only the later one. */
interface PriceGroup {
  match: string;
  matches: (name: string) => boolean;
  /** Whether the pattern is matched against provider and model. */
  namesProvider: boolean;
  wanted: WantedTerms;
  entries: readonly DatedEntry[];
}

/** In the order of each group's first entry. */
export type PriceList = readonly PriceGroup[];

/** @param timezone IANA name of the zone in which days begin. */
export function compilePriceList(entries: readonly PriceEntry[], timezone: string): PriceList {
  return [...Map.groupBy(entries, groupOf).values()].flatMap((group) =>
    rulesOverTime(group, ({ match }) => match, ({ from }) => startOfEntry(from, timezone)).map(({ text, ...rule }) => ({
      match: text,
      namesProvider: text.includes("/"),
      wanted: wantedTerms(group[0] ?? {}),
      ...rule,
    })),
  );
}

/** Entries with equal texts form one group over time. */
export function groupOf(entry: PriceEntry): string {
  return JSON.stringify([entry.match, ...listWanted(entry)]);
}

function wantedTerms({ service_tier, speed, inference_geo }: WantedTerms): WantedTerms {
  return { service_tier, speed, inference_geo };
}

/** Milliseconds since 1970; -Infinity for an entry without a date. @param from `YYYY-MM-DD` */
export function startOfEntry(from: string | undefined, timezone: string): number {
  return from === undefined ? Number.NEGATIVE_INFINITY : startOfDay(from, timezone).getTime();
}

/** The groups that have entries in force at some time from `from` on and before `to`, each with only those entries. */
export function entriesInForce(list: PriceList, from: number, to: number): { match: string; entries: DatedEntry[] }[] {
  return list.flatMap((group) => {
    const entries = entriesWithin(group, from, to);
    return entries.length === 0 ? [] : [{ match: group.match, entries }];
  });
}

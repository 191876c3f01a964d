import { matchName } from "./written-name.ts";

/** An entry and when it begins to be in force. */
export interface Dated<Entry> {
  /** -Infinity where the entry has no date. */
  start: number;
  entry: Entry;
}

/** Entries with the same text are one rule over time: in order of their dates, of two of one date the one further down alone. */
export interface RuleOverTime<Entry> {
  /** A name, or a pattern of names. */
  text: string;
  matches: (name: string) => boolean;
  entries: readonly Dated<Entry>[];
}

/** In the order in which the texts appear first. */
export function rulesOverTime<Entry>(entries: readonly Entry[], textOf: (entry: Entry) => string, startOf: (entry: Entry) => number): RuleOverTime<Entry>[] {
  return [...Map.groupBy(entries, textOf)].map(([text, group]) => {
    const byStart = new Map(group.map((entry) => [startOf(entry), entry]));
    return { text, matches: matchName(text), entries: [...byStart].map(([start, entry]) => ({ start, entry })).sort((a, b) => a.start - b.start) };
  });
}

/** The rules for a name: the one with the name as its text comes before those whose pattern matches it, which stay in their order. */
export function rulesFor<Entry>(rules: readonly RuleOverTime<Entry>[], name: string): RuleOverTime<Entry>[] {
  const [named, others] = [rules.filter(({ text }) => text === name), rules.filter(({ text }) => text !== name)];
  return [...named, ...others.filter(({ matches }) => matches(name))];
}

export function entryInForce<Entry>({ entries }: Pick<RuleOverTime<Entry>, "entries">, at: number): Entry | undefined {
  return entries.findLast(({ start }) => start <= at)?.entry;
}

/** Of the first rule that has one. */
export function firstInForce<Entry>(rules: readonly RuleOverTime<Entry>[], at: number): Entry | undefined {
  return rules.map((rule) => entryInForce(rule, at)).find((entry) => entry !== undefined);
}

/** Those that are in force at some time from `from` on and before `to`. */
export function entriesWithin<Entry>({ entries }: Pick<RuleOverTime<Entry>, "entries">, from: number, to: number): Dated<Entry>[] {
  const first = entries.findLastIndex(({ start }) => start <= from);
  return entries.slice(Math.max(first, 0)).filter(({ start }) => start < to);
}

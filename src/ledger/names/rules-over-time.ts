import { matchName } from "./written-name.ts";

/** An entry and when it begins to be in force. */
export interface Dated<Entry> {
  /** -Infinity where the entry has no date. */
  start: number;
  entry: Entry;
}

/** Entries with the same text form one rule over time: in order of their dates; of two with the same date only the later one. */
export interface RuleOverTime<Entry> {
  /** A name, or a pattern of names. */
  text: string;
  matches: (name: string) => boolean;
  entries: readonly Dated<Entry>[];
}

/** In the order of each text's first entry. */
export function rulesOverTime<Entry>(entries: readonly Entry[], textOf: (entry: Entry) => string, startOf: (entry: Entry) => number): RuleOverTime<Entry>[] {
  return [...Map.groupBy(entries, textOf)].map(([text, group]) => {
    const byStart = new Map(group.map((entry) => [startOf(entry), entry]));
    return { text, matches: matchName(text), entries: [...byStart].map(([start, entry]) => ({ start, entry })).sort((a, b) => a.start - b.start) };
  });
}

/** The rules for a name: first the rule whose text is the name, then those whose pattern matches it, in their order. */
export function rulesFor<Entry>(rules: readonly RuleOverTime<Entry>[], name: string): RuleOverTime<Entry>[] {
  const [named, others] = [rules.filter(({ text }) => text === name), rules.filter(({ text }) => text !== name)];
  return [...named, ...others.filter(({ matches }) => matches(name))];
}

export function entryInForce<Entry>({ entries }: Pick<RuleOverTime<Entry>, "entries">, at: number): Entry | undefined {
  return entries.findLast(({ start }) => start <= at)?.entry;
}

/** The entry in force of the first rule that has one. */
export function firstInForce<Entry>(rules: readonly RuleOverTime<Entry>[], at: number): Entry | undefined {
  return rules.map((rule) => entryInForce(rule, at)).find((entry) => entry !== undefined);
}

/** The entries in force at some time from `from` on and before `to`. */
export function entriesWithin<Entry>({ entries }: Pick<RuleOverTime<Entry>, "entries">, from: number, to: number): Dated<Entry>[] {
  const first = entries.findLastIndex(({ start }) => start <= from);
  return entries.slice(Math.max(first, 0)).filter(({ start }) => start < to);
}

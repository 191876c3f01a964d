import { coversPattern } from "./covers-pattern.ts";
import { listWanted, type PriceEntry } from "./price-entry.ts";
import { groupOf, startOfEntry } from "./price-list.ts";

/** An entry of the list that can never apply, and the entry that applies instead. */
export interface ShadowedEntry {
  entry: PriceEntry;
  /** Index of the entry in the list. */
  index: number;
  by: PriceEntry;
  byIndex: number;
  /** `replaced`: a later entry has the same pattern and day. `covered`: an earlier pattern matches everything that this one matches. */
  because: "replaced" | "covered";
}

/**
 * Finds the entries that can never apply: those that a later entry of the same pattern replaces on its first day, and those after a
 * pattern that matches every name they match and is in force whenever they are. Reports only certain cases: where comparing two
 * patterns does not decide it, the entry counts as useful. Entries of different terms never replace or cover each other: wherever the entry with more
 * terms applies, it comes first; elsewhere the other one applies.
 * @param timezone IANA name of the zone in which days begin.
 */
export function findShadowed(entries: readonly PriceEntry[], timezone: string): ShadowedEntry[] {
  const placed = entries.map((entry, index) => ({ entry, index, start: startOfEntry(entry.from, timezone) }));
  const groups = [...Map.groupBy(placed, ({ entry }) => groupOf(entry))].map(([group, all]) => ({ group, first: all[0]?.entry, all }));
  return placed.flatMap(({ entry, index, start }): ShadowedEntry[] => {
    const later = placed.findLast((other) => groupOf(other.entry) === groupOf(entry) && other.start === start);
    if (later !== undefined && later.index > index) return [{ entry, index, by: later.entry, byIndex: later.index, because: "replaced" }];
    const own = groups.findIndex(({ group }) => group === groupOf(entry));
    const above = groups.slice(0, own).filter(({ first }) => first !== undefined && haveSameTerms(first, entry) && coversEntry(first.match, entry.match));
    const first = above.flatMap(({ all }) => all.filter((other) => other.start <= start))[0];
    return first === undefined ? [] : [{ entry, index, by: first.entry, byIndex: first.index, because: "covered" }];
  });
}

function haveSameTerms(a: PriceEntry, b: PriceEntry): boolean {
  return listWanted(a).join() === listWanted(b).join();
}

/**
 * Whether an entry of the first pattern applies wherever one of the second matches. A pattern without `/` is matched against the
 * model, others against provider and model: `*`, `/` and a pattern are equivalent to that pattern alone.
 */
function coversEntry(match: string, other: string): boolean {
  if (match.includes("/") === other.includes("/")) return coversPattern(match, other);
  return match.startsWith("*/") && !match.slice(2).includes("/") && coversPattern(match.slice(2), other);
}

import { coversPattern } from "./covers-pattern.ts";
import type { PriceEntry } from "./price-entry.ts";
import { startOfEntry } from "./price-list.ts";

/** An entry of the list that prices nothing, whatever is requested, and the one that does so in its place. */
export interface ShadowedEntry {
  entry: PriceEntry;
  /** Its place in the list, from 0. */
  index: number;
  by: PriceEntry;
  byIndex: number;
  /** `replaced`: the same pattern from the same day on. `covered`: a pattern further up matches all that this one matches. */
  because: "replaced" | "covered";
}

/**
 * Finds the entries that can never win: those that a later one of the same pattern replaces on its first day, and those behind
 * another pattern that matches every name they match and is in force whenever they are. Only what is certain is found:
 * where it takes more than comparing two patterns, an entry is taken to have its use.
 * @param timezone IANA name of the zone in which days begin.
 */
export function findShadowed(entries: readonly PriceEntry[], timezone: string): ShadowedEntry[] {
  const placed = entries.map((entry, index) => ({ entry, index, start: startOfEntry(entry.from, timezone) }));
  const groups = [...Map.groupBy(placed, ({ entry }) => entry.match)].map(([match, all]) => ({ match, all }));
  return placed.flatMap(({ entry, index, start }): ShadowedEntry[] => {
    const later = placed.findLast((other) => other.entry.match === entry.match && other.start === start);
    if (later !== undefined && later.index > index) return [{ entry, index, by: later.entry, byIndex: later.index, because: "replaced" }];
    const own = groups.findIndex(({ match }) => match === entry.match);
    const above = groups.slice(0, own).filter(({ match }) => coversEntry(match, entry.match));
    const first = above.flatMap(({ all }) => all.filter((other) => other.start <= start))[0];
    return first === undefined ? [] : [{ entry, index, by: first.entry, byIndex: first.index, because: "covered" }];
  });
}

/**
 * Whether an entry of the first pattern wins wherever one of the second matches. A pattern without `/` is matched with the
 * model alone, the others with the provider in front: `*` and `/` and a pattern stand for that pattern without them.
 */
function coversEntry(match: string, other: string): boolean {
  if (match.includes("/") === other.includes("/")) return coversPattern(match, other);
  return match.startsWith("*/") && !match.slice(2).includes("/") && coversPattern(match.slice(2), other);
}

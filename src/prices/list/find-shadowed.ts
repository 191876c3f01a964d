import { coversPattern } from "./covers-pattern.ts";
import type { PriceEntry } from "./price-entry.ts";
import { startOfEntry } from "./price-list.ts";

/** An entry of the list that can never apply, and the entry that applies instead. */
export interface ShadowedEntry {
  entry: PriceEntry;
  /** Its index in the list. */
  index: number;
  by: PriceEntry;
  byIndex: number;
  /** `replaced`: a later entry has the same pattern and day. `covered`: an earlier pattern matches everything that this one matches. */
  because: "replaced" | "covered";
}

/**
 * Finds the entries that can never apply: those that a later entry of the same pattern replaces on its first day, and those after a
 * pattern that matches every name they match and is in force whenever they are. Reports only certain cases: where comparing two
 * patterns does not decide it, the entry counts as useful.
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
 * Whether an entry of the first pattern applies wherever one of the second matches. A pattern without `/` is matched against the
 * model, others against provider and model: `*`, `/` and a pattern are equivalent to that pattern alone.
 */
function coversEntry(match: string, other: string): boolean {
  if (match.includes("/") === other.includes("/")) return coversPattern(match, other);
  return match.startsWith("*/") && !match.slice(2).includes("/") && coversPattern(match.slice(2), other);
}

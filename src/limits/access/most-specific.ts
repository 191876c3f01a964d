import { meantText, isPattern } from "../../ledger/names/written-name.ts";

/**
 * The most specific of several matching patterns: the one with the most letters that are not wildcards. Of equal patterns, the one with the fewest
 * wildcards, then the first. Undefined for an empty list.
 */
export function mostSpecific<Named extends { pattern: string }>(matching: readonly Named[]): Named | undefined {
  return matching.reduce<Named | undefined>((best, one) => (best === undefined || isMoreSpecific(one.pattern, best.pattern) ? one : best), undefined);
}

function isMoreSpecific(one: string, other: string): boolean {
  const [a, b] = [measure(one), measure(other)];
  return a.letters > b.letters || (a.letters === b.letters && a.wildcards < b.wildcards);
}

function measure(pattern: string): { letters: number; wildcards: number } {
  const text = meantText(pattern);
  const wildcards = isPattern(pattern) ? (text.match(/[*?]/g)?.length ?? 0) : 0;
  return { letters: text.length - wildcards, wildcards };
}

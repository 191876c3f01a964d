import { isPattern, matchName, meantText } from "../../ledger/names/written-name.ts";

/**
 * Whether `pattern` matches every name that `other` matches. True only where that is certain: `false` may also mean that
 * comparing the two from left to right does not decide it.
 */
export function coversPattern(pattern: string, other: string): boolean {
  const matches = matchName(pattern);
  // A written name also matches its own text.
  if (!matches(other) || !matches(meantText(other))) return false;
  if (!isPattern(other)) return true;
  return isPattern(pattern) && coverSegments(pattern.split("/"), other.split("/"));
}

const ANY_SEGMENTS = "**";

function coverSegments(pattern: readonly string[], other: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return other.length === 0;
  if (first === ANY_SEGMENTS) {
    // After other segments, a final `**` matches at least one segment.
    if (rest.length === 0) return other.length > 0;
    return other.some((_, taken) => coverSegments(rest, other.slice(taken)));
  }
  const [segment, ...others] = other;
  if (segment === undefined || segment === ANY_SEGMENTS) return false;
  return coverLetters(Array.from(first), Array.from(segment)) && coverSegments(rest, others);
}

/** A lone `*` matches at least one letter, so it does not cover an empty segment. */
function coverLetters(pattern: readonly string[], other: readonly string[]): boolean {
  if (other.length === 0) return pattern.length === 0;
  let reachable = new Set([0]);
  for (const letter of pattern) {
    const next = new Set<number>();
    for (const at of reachable) {
      const token = other[at];
      if (letter === "*") for (let to = at; to <= other.length; to++) next.add(to);
      else if (token !== undefined && (token === letter || (letter === "?" && token !== "*" && token.length === 1))) next.add(at + 1);
    }
    reachable = next;
  }
  return reachable.has(other.length);
}

import { RE2JS } from "re2js";

/** A longer pattern is a mistake; the time to compile it is bounded as well. */
export const LONGEST_PATTERN = 200;

/**
 * Finds the first match of a regular expression in a text: the first group of an expression with groups, otherwise the whole match. Undefined without
 * a match. The syntax is RE2's, which has neither backreferences nor lookaround: texts come from clients, and the time is linear in
 * their length whatever the pattern. Throws an error with the reason for a pattern that is not RE2's.
 */
export function patternTaker(pattern: string): (text: string) => string | undefined {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    const matcher = compiled.matcher(text);
    if (!matcher.find()) return undefined;
    return (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group()) || undefined;
  };
}

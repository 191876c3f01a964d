import { Minimatch } from "minimatch";

/** Marks a literal name that contains wildcards: `=what*` only matches `what*`. */
const LITERAL = "=";
const TAG = "tag:";
/** Nothing but `*`, `**` and `?` has a meaning; each `/` begins a segment, also directly after a `/`. */
const OPTIONS = { nobrace: true, nocomment: true, noext: true, nonegate: true, dot: true, preserveMultipleSlashes: true, optimizationLevel: 0, platform: "linux" } as const;
/** Replaces dots in patterns and values: a segment `.` or `..` is a text here, not a step in a path. */
const DOT = "\u{F0000}";

/** Whether a written name is a pattern: `*` stands for any letters of one segment (between `/`), `**` for any number of segments, `?` for one letter. */
export function isPattern(written: string): boolean {
  return !written.startsWith(LITERAL) && /[*?]/.test(written);
}

/** The text that a name means where it is not a pattern. */
export function meantText(written: string): string {
  return written.startsWith(LITERAL) ? written.slice(LITERAL.length) : written;
}

/**
 * Compiles a written name. A value that equals the text always matches; other values match where the text is a pattern.
 * Brackets, braces, `!`, `#` and backslashes are ordinary letters.
 */
export function matchName(written: string): (value: string) => boolean {
  const meant = meantText(written);
  const matches = isPattern(written) ? compilePattern(written) : (value: string) => value === meant;
  return (value) => value === written || matches(value);
}

/** Like `matchName`, for the caller of a request: usage has logins in lower case, and tags unchanged. */
export function matchCaller(written: string): (value: string) => boolean {
  return matchName(meantText(written).startsWith(TAG) ? written : written.toLowerCase());
}

/** Whether any of several names matches. */
export function matchAny(written: readonly string[], match: typeof matchName = matchName): (value: string) => boolean {
  const names = written.map((name) => match(name));
  return (value) => names.some((matches) => matches(value));
}

function compilePattern(pattern: string): (value: string) => boolean {
  const compiled = new Minimatch(hideDots(pattern.replaceAll(/[[\]\\]/g, String.raw`\$&`)), OPTIONS);
  // A final `/` also begins a segment, an empty one; a path matcher would treat it as the mark of a directory.
  const takesLastSlash = /(?:\/|^\*\*|\/\*\*)$/.test(pattern);
  return (value) => (takesLastSlash || !value.endsWith("/")) && compiled.match(hideDots(value));
}

function hideDots(text: string): string {
  return text.replaceAll(".", DOT);
}

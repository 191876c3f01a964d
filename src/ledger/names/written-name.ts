import { Minimatch } from "minimatch";

/** Marks what is meant literally though it holds wildcards: `=what*` is `what*` alone. */
const LITERAL = "=";
const TAG = "tag:";
/** Nothing but `*`, `**` and `?` has a meaning; each `/` begins a segment, also directly after a `/`. */
const OPTIONS = { nobrace: true, nocomment: true, noext: true, nonegate: true, dot: true, preserveMultipleSlashes: true, optimizationLevel: 0, platform: "linux" } as const;
/** Stands for a dot in patterns and values alike: a segment `.` or `..` is a text here and not a step in a path. */
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
 * Compiles a name as somebody wrote it. A value that is the same text matches, whatever is in it; other values match
 * where the text is a pattern. Brackets, braces, `!`, `#` and backslashes are letters like others.
 */
export function matchName(written: string): (value: string) => boolean {
  const meant = meantText(written);
  const matches = isPattern(written) ? compilePattern(written) : (value: string) => value === meant;
  return (value) => value === written || matches(value);
}

/** The same for the caller of a request: logins are in lower case in usage, tags are as they are. */
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
  // A last `/` begins a segment too, if an empty one: a path matcher takes it for the mark of a directory.
  const takesLastSlash = /(?:\/|^\*\*|\/\*\*)$/.test(pattern);
  return (value) => (takesLastSlash || !value.endsWith("/")) && compiled.match(hideDots(value));
}

function hideDots(text: string): string {
  return text.replaceAll(".", DOT);
}

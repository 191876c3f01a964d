/** Keys that every store keeps exactly as they are. */
export const ODD_KEYS = [
  "plus+plus",
  "with space/and  two",
  "100%",
  "percent%2Fslash",
  "percent%20space",
  "a&b<c>\"d\"'e'",
  "date=2026-01-01/part=0",
  "~tilde/#hash/?question",
  "back\\slash",
  "new\nline",
  "tab\tand\u0001control",
  "umlaut-ü-é",
  "decomposed-u\u0308",
  "漢字/😀",
  "semi;colon:comma,dollar$at@",
  "[brackets]{braces}|pipe^caret`tick",
  " leading and trailing ",
  ".hidden",
  "..two-dots",
  "dots...",
];

/** Keys that every store refuses. */
export const BAD_KEYS = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "nul\0", "lone\ud800", "x".repeat(1025)];

export function inByteOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

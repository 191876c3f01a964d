/** Names that mean something else to pattern matchers, paths, regular expressions, SQL or plain objects. */
export const AWKWARD_NAMES: readonly string[] = [
  "dependabot[bot]", "claude-opus-4-8[1m]", "[ab]", "[!x]", "a*b", "what?", "**", "*", "{x,y}", "!neg", "#hash", "back\\slash", "(group)", "+(x)", "@(a|b)", "^a$", "a%b_c", "it's",
  "acme/web", "acme/web/", "a//b", "..", ".", "a.b", "two words", "straße", "日本語", "😀", "=a", "=", "$x", "a|b", "null", "4100", "0041", "41", "1e3", "__proto__", "constructor", "toString",
];

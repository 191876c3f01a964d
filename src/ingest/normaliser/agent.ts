/** Client families whose User-Agent does not start with their common name. */
const FAMILIES: readonly [RegExp, string][] = [
  [/^claude-(?:cli|code)\b/i, "claude-code"],
  [/^codex[_-]/i, "codex"],
  [/^opencode\b/i, "opencode"],
  [/^gemini-?cli\b/i, "gemini-cli"],
  [/^github-?copilot\b/i, "copilot"],
];
/** RFC 9110, 10.1.5: a User-Agent starts with a product token. */
const PRODUCT = /^([A-Za-z0-9][A-Za-z0-9._+-]{0,63})(?:[/ ]|$)/;

/** The client family in a User-Agent, in lower case: `claude-cli/2.1.14 (external, cli)` → `claude-code`. */
export function identifyAgent(userAgent: string): string | null {
  const family = FAMILIES.find(([pattern]) => pattern.test(userAgent));
  return family?.[1] ?? PRODUCT.exec(userAgent)?.[1]?.toLowerCase() ?? null;
}

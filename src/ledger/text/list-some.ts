const MOST_NAMES = 20;

/** `a, b and 123 more`: names in a sentence, no more than people read. */
export function listSome(names: readonly string[], most = MOST_NAMES): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(", ")} and ${String(left)} more` : names.join(", ");
}

/** Shortens a text to the given number of letters; `…` replaces the rest. */
export function shorten(text: string, letters: number): string {
  if (text.length <= letters) return text;
  // A letter has two units at most, so the rest of a long text need not be looked at.
  const all = Array.from(text.slice(0, 2 * letters + 2));
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join("")}…`;
}

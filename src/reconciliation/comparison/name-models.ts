/**
 * Finds the ledger's name of a model on a bill. A name that the ledger does not have may be the same words in another order, as clouds write them:
 * `claude-4.5-haiku` is `claude-haiku-4-5`. @param known names in the ledger. @param configured names by the bill's spelling in lower case. @param
 * parse splits a recorded name into its parts.
 */
export function modelNamer(known: Iterable<string>, configured: ReadonlyMap<string, string>, parse: (recorded: string) => string): (spelled: string) => string {
  const names = new Set(known);
  const byWords = Map.groupBy(names, wordsOf);
  return (spelled) => {
    const written = configured.get(spelled.toLowerCase());
    if (written !== undefined) return written;
    const parsed = parse(spelled);
    if (names.has(parsed)) return parsed;
    const same = byWords.get(wordsOf(parsed.toLowerCase())) ?? [];
    return same.length === 1 ? (same[0] ?? parsed) : parsed;
  };
}

function wordsOf(name: string): string {
  return name.split(/[^a-z0-9]+/i).sort().join(" ");
}

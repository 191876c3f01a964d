/** A line about reused identifiers of a gateway; no line where there are none. */
export function describeUsedAgain({ identifiers_used_again: requests }: { identifiers_used_again: number }): string[] {
  if (requests === 0) return [];
  const shown = requests === 1 ? "request has" : "requests have";
  return [`used again   ${String(requests)} ${shown} an identifier that another request of the same day has too: each of them counts`];
}

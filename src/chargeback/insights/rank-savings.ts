import type { CacheSaving } from "./insights.ts";

/** Those of several gateways together, most saved first. */
export function rankSavings(savings: readonly CacheSaving[]): CacheSaving[] {
  const sums = new Map<string, CacheSaving>();
  for (const one of savings) {
    const name = JSON.stringify([one.provider, one.model, one.billing]);
    const known = sums.get(name);
    sums.set(name, known === undefined ? one : { ...known, cachedTokens: known.cachedTokens + one.cachedTokens, saved: known.saved + one.saved });
  }
  return [...sums].sort(([a, one], [b, other]) => (one.saved === other.saved ? (a < b ? -1 : 1) : one.saved > other.saved ? -1 : 1)).map(([, saving]) => saving);
}

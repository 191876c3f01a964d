/**
 * Runs of a property: `FUZZ_RUNS` for a longer search, else what takes a few seconds at most.
 * `FUZZ_MOST` caps what is usual and finds no smaller failure, where the same properties run for one mutant after the other.
 */
export function runs(usual: number): { numRuns: number; endOnFailure?: boolean } {
  const [asked, most] = [Number(process.env["FUZZ_RUNS"]), Number(process.env["FUZZ_MOST"])];
  if (asked > 0) return { numRuns: asked };
  return most > 0 ? { numRuns: Math.min(most, usual), endOnFailure: true } : { numRuns: usual };
}

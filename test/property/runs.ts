/** Runs of a property: `FUZZ_RUNS` for a longer search, else what takes a few seconds at most. */
export function runs(usual: number): { numRuns: number } {
  const asked = Number(process.env["FUZZ_RUNS"]);
  return { numRuns: asked > 0 ? asked : usual };
}

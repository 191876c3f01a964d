import { createHash } from "node:crypto";
import { basename } from "node:path";

/** What distinguishes one mutant from all others of an area. */
export interface MutantPlace {
  id: string;
  fileName: string;
  mutatorName: string;
  replacement: string;
  location: { start: { line: number; column: number }; end: { line: number; column: number } };
}

/** Ids of `count` mutants, as the seed draws them: the same for the same files, whatever order the mutants come in. */
export function sampleMutants(mutants: readonly MutantPlace[], count: number, seed: number): Set<string> {
  const drawn = mutants.map((mutant) => ({ id: mutant.id, draw: drawOf(mutant, seed) }));
  drawn.sort((a, b) => (a.draw < b.draw ? -1 : 1));
  return new Set(drawn.slice(0, count).map(({ id }) => id));
}

/** Folders stay out of it, so that a file that moves keeps its place in the sample. */
function drawOf({ fileName, mutatorName, replacement, location }: MutantPlace, seed: number): string {
  const { start, end } = location;
  const parts = [seed, basename(fileName), mutatorName, replacement, start.line, start.column, end.line, end.column];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

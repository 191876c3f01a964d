/** A mutant that no test can kill, because it does what the original does. */
export interface Equivalent {
  /** End of the file's path, such as `allocation/plan.ts`. */
  file: string;
  /** The mutated line, without the spaces around it. */
  line: string;
  /** What stands there instead of the mutated part, as the report prints it. */
  replacement: string;
  /** Why no input distinguishes the two. */
  reason: string;
}

/** Mutants that the score leaves out. The command fails for an entry whose mutant dies, or whose line is gone. */
export const EQUIVALENTS: readonly Equivalent[] = [];

/** How the results of a call are shown. Machines' formats (`--json`, CSV) do not depend on it. */
export interface Presentation {
  /** Whether amounts have all nine decimals instead of two. */
  exact: boolean;
  /** Whether lists are shown to their end. */
  all: boolean;
}

const USUAL: Presentation = { exact: false, all: false };

/** Like stdout, a process has one: it is set from the flags before a command begins. */
let current = USUAL;

export function present({ exact = false, all = false }: Partial<Presentation>): void {
  current = { exact, all };
}

export function presentation(): Presentation {
  return current;
}

import type { CopyProblem } from "../../health/finding/find-in-copies.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { type AlteredCopy, sayAlteredCopy } from "./compare-copies.ts";

/** Copies that are altered, and ingested exports that are neither in the archive nor at a source, as the ledger's health has them. */
export function copyProblems(altered: readonly AlteredCopy[], gone: readonly KnownExport[], exports: Iterable<KnownExport>): CopyProblem[] {
  const times = new Map([...exports].map(({ archive, time }) => [archive, time]));
  return [
    ...altered.map((copy) => ({ instance: copy.instance, name: copy.export, time: new Date(times.get(copy.key) ?? 0), problem: sayAlteredCopy(copy) })),
    ...gone.map(({ instance, name, time }) => ({ instance, name, time: new Date(time), problem: `${name} is neither in the archive nor at its source` })),
  ];
}

import { z } from "zod";
import { ALTERATIONS, type Alteration, renameCounts } from "../../ledger/usage/recorded-request.ts";

/** Findings of a reading that do not change what counts, in the form of manifests. */

const alteredValues = z.object({ field: z.string(), kind: z.enum(ALTERATIONS), records: z.number() });
/** Altered values of one field: replaced, cut or left out, with the number of accepted records. */
export type AlteredValues = z.infer<typeof alteredValues>;
export const alteredList = z.array(alteredValues).default([]);

const unknownKey = z.object({ key: z.string(), records: z.number() });
/** A key of records (or of their `usage`, as `usage.…`) that this version does not know. */
export type UnknownKey = z.infer<typeof unknownKey>;
export const unknownKeyList = z.array(unknownKey).default([]);

/** Limit of separate keys; further keys are counted together. */
const MOST_KEYS = 64;
const OTHERS = "(others)";

export class AlterationCounts {
  readonly #counts = new Map<string, AlteredValues>();

  add(altered: readonly Alteration[]): void {
    for (const { field, kind } of altered) this.#add(field, kind, 1);
  }

  addCounted(altered: readonly AlteredValues[]): void {
    for (const { field, kind, records } of altered) this.#add(field, kind, records);
  }

  #add(field: string, kind: Alteration["kind"], records: number): void {
    const id = JSON.stringify([field, kind]);
    const known = this.#counts.get(id);
    if (known === undefined) this.#counts.set(id, { field, kind, records });
    else known.records += records;
  }

  /** In order of field and kind. */
  list(): AlteredValues[] {
    return [...this.#counts].sort(byFirst).map(([, counted]) => counted);
  }
}

/** Renames the keys; keys with equal names are then counted together. In order of name. */
export function renameKeys(keys: readonly UnknownKey[], rename: (key: string) => string): UnknownKey[] {
  const renamed = renameCounts(keys.map(({ key, records }) => [key, records] as const), rename);
  return [...renamed].sort(byFirst).map(([key, records]) => ({ key, records }));
}

function byFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

export class UnknownKeyCounts {
  readonly #counts = new Map<string, number>();

  add(keys: readonly string[]): void {
    for (const key of keys) {
      const name = this.#counts.has(key) || this.#counts.size < MOST_KEYS ? key : OTHERS;
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }

  /** In order of name. */
  list(): UnknownKey[] {
    return [...this.#counts].sort(byFirst).map(([key, records]) => ({ key, records }));
  }
}

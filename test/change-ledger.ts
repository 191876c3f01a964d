import type { Ledger } from "../src/open/ledger.ts";

/** Some members of some parts of a ledger. */
export type LedgerChanges = { readonly [Part in keyof Ledger]?: Partial<Ledger[Part]> };

/** A ledger that differs from the given one in the named members only; later changes override earlier ones. */
export function changeLedger(ledger: Ledger, ...changes: readonly LedgerChanges[]): Ledger {
  return changes.reduce<Ledger>(
    ({ stores, rules, money, telling, work }, change) => ({
      stores: { ...stores, ...change.stores },
      rules: { ...rules, ...change.rules },
      money: { ...money, ...change.money },
      telling: { ...telling, ...change.telling },
      work: { ...work, ...change.work },
    }),
    ledger,
  );
}

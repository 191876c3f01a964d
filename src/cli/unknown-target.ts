import { LedgerError } from "../ledger/errors.ts";
import { listSome } from "../ledger/text/list-some.ts";

/** The error for a flag that names an unknown target. */
export function unknownTarget(name: string, known: readonly string[]): LedgerError {
  return new LedgerError("usage", `there is no target ${JSON.stringify(name)}`, {
    remedy: known.length === 0 ? "set notify: in the configuration" : `targets are ${listSome(known)}`,
  });
}

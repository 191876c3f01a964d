import { visibleText } from "../ledger/text/visible-text.ts";
import { LedgerError } from "../ledger/errors.ts";

/** Enough for a few sentences and a case number. The chain keeps the reason for ever. */
const LONGEST = 1000;

/** Checks a reason that the chain will keep: it must be one line. Throws `usage`. */
export function parseReason(text: string): string {
  const reason = text.trim();
  if (reason === "") throw refuse("is empty", "give a reason: the chain keeps it");
  if (reason.length > LONGEST) throw refuse(`has ${String(reason.length)} characters`, `use at most ${String(LONGEST)}, and refer to the place where the rest is kept`);
  if (visibleText(reason) !== reason || !reason.isWellFormed()) throw refuse("has line breaks or invisible characters", "write it on one line of plain text");
  return reason;
}

function refuse(what: string, remedy: string): LedgerError {
  return new LedgerError("usage", `the reason ${what}`, { remedy });
}

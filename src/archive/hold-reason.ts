import { visibleText } from "../ledger/text/visible-text.ts";
import { LedgerError } from "../ledger/errors.ts";

/** Room for a sentence or two and the number of a case. The chain keeps it for ever. */
const LONGEST = 1000;

/** Why somebody who asks over HTTP makes or releases a hold, on one line. Throws `usage`. */
export function reasonOf(text: string): string {
  const reason = text.trim();
  if (reason === "") throw refuse("is empty", "say why: it is kept with the hold");
  if (reason.length > LONGEST) throw refuse(`has ${String(reason.length)} characters`, `say it in ${String(LONGEST)}, and where the rest is kept`);
  if (visibleText(reason) !== reason || !reason.isWellFormed()) throw refuse("has line ends, or characters that cannot be seen", "write it on one line of plain text");
  return reason;
}

function refuse(what: string, remedy: string): LedgerError {
  return new LedgerError("usage", `the reason ${what}`, { remedy });
}

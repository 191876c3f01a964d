import { LedgerError } from "../ledger/errors.ts";

/** What a flag says. Throws `usage` where it is given and says nothing, as a variable of the shell that is not set does. */
export function said(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || text.trim() !== "") return text;
  throw new LedgerError("usage", `${flag} is empty`, { remedy: "say whose records are meant, or leave it out" });
}

import { LedgerError } from "../ledger/errors.ts";

/** The value of a flag. Throws `usage` if it is given and empty, as it is with an unset shell variable. */
export function requireNonEmpty(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || text.trim() !== "") return text;
  throw new LedgerError("usage", `${flag} is empty`, { remedy: "give it a value, or leave it out" });
}

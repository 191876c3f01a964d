import { LedgerError } from "../ledger/errors.ts";

export function objectMissing(url: string, key: string, cause?: unknown): LedgerError {
  return new LedgerError("object_missing", `${url}: there is no object ${JSON.stringify(key)}.`, {
    remedy: "Check the key; or it was removed since it was listed: list again.",
    cause,
  });
}

export function objectChanged(url: string, key: string, cause?: unknown): LedgerError {
  return new LedgerError("object_changed", `${url}: ${JSON.stringify(key)} was replaced since it was listed.`, {
    remedy: "List again and work on the object as it is now.",
    cause,
  });
}

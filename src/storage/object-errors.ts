import { LedgerError } from "../ledger/errors.ts";

export function objectMissing(url: string, key: string, cause?: unknown): LedgerError {
  return new LedgerError("object_missing", `${url}: the object ${JSON.stringify(key)} does not exist.`, {
    remedy: "Check the key. If the object was removed after it was listed, list again.",
    cause,
  });
}

export function objectChanged(url: string, key: string, cause?: unknown): LedgerError {
  return new LedgerError("object_changed", `${url}: ${JSON.stringify(key)} was replaced after it was listed.`, {
    remedy: "List again and use the current object.",
    cause,
  });
}

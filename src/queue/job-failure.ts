import { UnrecoverableError } from "bullmq";
import { LedgerError } from "../ledger/errors.ts";

/**
 * Turns a failure into the error that BullMQ expects. A retryable error is tried again, and so is an error that is not a `LedgerError`,
 * because nobody knows whether it lasts. Any other fails at once. The job keeps the reason: message, code and remedy.
 */
export function jobFailure(error: unknown): Error {
  if (!(error instanceof LedgerError)) return error instanceof Error ? error : new Error(String(error));
  const reason = `${error.message} [${error.code}] ${error.remedy}`;
  return error.retryable ? new Error(reason, { cause: error }) : new UnrecoverableError(reason);
}

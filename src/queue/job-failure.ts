import { UnrecoverableError } from "bullmq";
import { LedgerError } from "../ledger/errors.ts";

/**
 * What BullMQ is to be told of a failure: it tries again whatever may pass, and what is no error of ours, since nobody
 * knows. What cannot pass fails at once. The reason goes into the job's record: message, code and way out.
 */
export function jobFailure(error: unknown): Error {
  if (!(error instanceof LedgerError)) return error instanceof Error ? error : new Error(String(error));
  const reason = `${error.message} [${error.code}] ${error.remedy}`;
  return error.retryable ? new Error(reason, { cause: error }) : new UnrecoverableError(reason);
}

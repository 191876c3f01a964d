import { type ErrorCode, LedgerError, messageOf } from "./errors.ts";

/** One failure among many tasks; the others continued. */
export interface Failure {
  name: string;
  cause: unknown;
}

/** The error of work that failed in part; undefined when nothing failed. The log has each failure separately. */
export function partlyFailed(
  code: ErrorCode,
  { what, tried, rest }: { what: string; tried: number; rest: string },
  failures: readonly Failure[],
): LedgerError | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  const remedy = first.cause instanceof LedgerError ? first.cause.remedy.replace(/\.$/, "") : "see the log for each error";
  return new LedgerError(
    code,
    `${String(failures.length)} of ${String(tried)} ${what}, ${first.name} first: ${messageOf(first.cause)}`,
    { remedy: `${remedy}. ${rest}; the next run tries again`, cause: first.cause },
  );
}

import { type ErrorCode, LedgerError, messageOf } from "./errors.ts";

/** One failure among many tasks; the others continued. */
export interface Failure {
  name: string;
  cause: unknown;
}

/** Tasks that were tried. Both sentences end without a full stop. */
interface Tried {
  /** `exports were not ingested` */
  what: string;
  tried: number;
  /** What happened to the others. The message says it if there are any. */
  others: string;
  /** What holds for those that failed. */
  these?: string;
}

const AGAIN = "the next run tries again";

/** The error of work that failed in part, or as a whole; undefined when nothing failed. The log has each failure separately. */
export function partlyFailed(code: ErrorCode, { what, tried, others, these }: Tried, failures: readonly Failure[]): LedgerError | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  const remedy = first.cause instanceof LedgerError ? first.cause.remedy.replace(/\.$/, "") : "see the log for each error";
  const said = [remedy, ...(failures.length < tried ? [others] : []), ...(these === undefined ? [] : [these])].join(". ");
  return new LedgerError(code, `${String(failures.length)} of ${String(tried)} ${what}, ${first.name} first: ${messageOf(first.cause)}`, {
    remedy: said.endsWith(AGAIN) ? said : `${said}; ${AGAIN}`,
    cause: first.cause,
  });
}

import { LedgerError } from "../ledger/errors.ts";

/** Wraps a function so that it runs once at a time: a call during a run gets that run's outcome. */
export function shareRun<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<Result> | undefined;
  const begin = async (): Promise<Result> => {
    try {
      return await run();
    } finally {
      underWay = undefined;
    }
  };
  return async () => await (underWay ??= begin());
}

/** The outcome, or `storage_unavailable` after that many seconds; the work continues, but its outcome is ignored. */
export async function waitFor<Result>(outcome: Promise<Result>, seconds: number, what: string): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new LedgerError("storage_unavailable", `${what} did not answer within ${String(seconds)} s`, {
        remedy: "check that it is up and can be reached from this machine",
        retryable: true,
      }),
    );
  }, seconds * 1000);
  try {
    return await Promise.race([outcome, over]);
  } finally {
    clearTimeout(timer);
  }
}

import { LedgerError } from "../ledger/errors.ts";

/** A function of which one run at most is under way: who calls meanwhile gets that run's outcome. */
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

/** The outcome, or `storage_unavailable` after so many seconds; what is under way goes on unheard. */
export async function waitFor<Result>(outcome: Promise<Result>, seconds: number, what: string): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new LedgerError("storage_unavailable", `${what} did not answer within ${String(seconds)} s`, {
        remedy: "see whether it is up and can be reached from this machine",
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

/** The outcome of one attempt: `null` when the message was accepted, otherwise the class of the failure and whether it may be temporary. */
export type Posted = { failure: null } | { failure: string; mayPass: boolean };

export interface TimeOfTry {
  timeoutMilliseconds: number;
  /** Aborts when the time for all messages is up. */
  ended: AbortSignal;
}

const OUT_OF_TIME: Posted = { failure: "out_of_time", mayPass: false };

/**
 * Makes one attempt, which ends when its own time or the time for all messages is up. Never throws. @param classify returns the class of a failure,
 * since error messages may contain urls and addresses.
 */
export async function tryWithin({ timeoutMilliseconds, ended }: TimeOfTry, attempt: (over: AbortSignal) => Promise<Posted>, classify: (error: unknown) => Posted): Promise<Posted> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, timeoutMilliseconds);
  ended.addEventListener("abort", end);
  try {
    return ended.aborted ? OUT_OF_TIME : await attempt(over.signal);
  } catch (error) {
    if (ended.aborted) return OUT_OF_TIME;
    return over.signal.aborted ? { failure: "timeout", mayPass: true } : classify(error);
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", end);
  }
}

/**
 * Runs an action when all earlier ones have ended. Returns undefined, without running it, if too many wait already. One whose signal is aborted while it
 * waits gives its place up at once: it throws the reason of the signal, and is not run.
 */
export function takeTurns(mostWaiting: number): <Result>(act: () => Promise<Result>, signal: AbortSignal) => Promise<Result> | undefined {
  let last: Promise<unknown> = Promise.resolve();
  let present = 0;
  return (act, signal) => {
    if (present > mostWaiting) return undefined;
    const before = last;
    present++;
    const isGivenUp = Promise.withResolvers<never>();
    const giveUp = (): void => isGivenUp.reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    const mine = Promise.race([before, isGivenUp.promise]).finally(() => signal.removeEventListener("abort", giveUp)).then(act).finally(() => void present--);
    // The next one waits for the earlier ones too, also where this one was given up before they ended.
    last = Promise.allSettled([before, mine]);
    return mine;
  };
}

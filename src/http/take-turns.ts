/** Runs an action when all earlier ones have ended. Returns undefined, without running it, if too many wait already. */
export function takeTurns(mostWaiting: number): <Result>(act: () => Promise<Result>) => Promise<Result> | undefined {
  let last: Promise<unknown> = Promise.resolve();
  let present = 0;
  return (act) => {
    if (present > mostWaiting) return undefined;
    present++;
    const mine = last.then(act).finally(() => void present--);
    last = mine.catch(() => undefined);
    return mine;
  };
}

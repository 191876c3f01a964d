import { releaseWriters } from "../storage/writers.ts";

/** 128 + the signal's number is what shells report as well. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** Who is to be told of the first signal instead of the process being ended by it. */
let whoever: ((signal: StopSignal) => void) | undefined;
let isLeaving = false;

/** Leaving through exit() takes temporary files along. */
export function leaveOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const tell = whoever;
      whoever = undefined;
      if (tell === undefined) leave(EXIT_CODES[signal]);
      else tell(signal);
    });
  }
}

/** Resolves at the first signal to end; a second one ends the process. */
export function untilToldToEnd(): Promise<StopSignal> {
  return new Promise((resolve) => (whoever = resolve));
}

/** At once, but for a claim to a store, which would shut out every other process; a further signal does not wait for that either. */
function leave(code: number): void {
  if (isLeaving) process.exit(code);
  isLeaving = true;
  void releaseWriters().then(() => process.exit(code));
}

import { releaseWriters } from "../storage/writers.ts";

/** 128 plus the signal's number, as shells report it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** Receives the first signal, which otherwise ends the process. */
let listener: ((signal: StopSignal) => void) | undefined;
let isLeaving = false;

/** Leaving through exit() removes temporary files. */
export function leaveOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const tell = listener;
      listener = undefined;
      if (tell === undefined) leave(EXIT_CODES[signal]);
      else tell(signal);
    });
  }
}

/** Resolves at the first signal; a second one ends the process. */
export function untilToldToEnd(): Promise<StopSignal> {
  return new Promise((resolve) => (listener = resolve));
}

/** Ends the process after releasing its claims to stores, which would block other processes; a further signal does not wait for that. */
function leave(code: number): void {
  if (isLeaving) process.exit(code);
  isLeaving = true;
  void releaseWriters().then(() => process.exit(code));
}

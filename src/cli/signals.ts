import { releaseWriters } from "../storage/writers.ts";

/** 128 plus the signal's number, as shells report it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** True of every command: objects are written whole, and manifests after what they vouch for. */
const KEPT = "everything written so far is whole and kept; call the same command again to continue";

/** Receives the first signal, which otherwise ends the process. */
let listener: ((signal: StopSignal) => void) | undefined;
let isLeaving = false;

/** Leaving through exit() removes temporary files. */
export function leaveOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const tell = listener;
      listener = undefined;
      if (tell === undefined) leave(signal);
      else tell(signal);
    });
  }
}

/** Resolves at the first signal; a second one ends the process. */
export function untilToldToEnd(): Promise<StopSignal> {
  return new Promise((resolve) => (listener = resolve));
}

/** Says what is kept, and ends the process after releasing its claims to stores, which would block other processes; a further signal does not wait for that. */
function leave(signal: StopSignal): void {
  const code = EXIT_CODES[signal];
  if (isLeaving) process.exit(code);
  isLeaving = true;
  // A new line first, since terminals show ^C, and a spinner may be in this one.
  process.stderr.write(`${process.stderr.isTTY ? "\n" : ""}ended by ${signal === "SIGINT" ? "Ctrl-C" : signal}: ${KEPT}\n`);
  void releaseWriters().then(() => process.exit(code));
}

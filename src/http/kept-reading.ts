import type { Clock } from "../ledger/clock.ts";
import { shareRun, waitFor } from "./share-run.ts";

/** A reading, which may be older than asked for. */
export interface Kept<Value> {
  value: Value;
  /** When the reading began. */
  at: Date;
}

interface KeepSettings {
  /** An older reading is made again. */
  keptMs: number;
  /** Who asks waits this long for a new reading, and then gets the earlier one. */
  waitSeconds: number;
  /** What is read, for errors. */
  what: string;
  clock: Clock;
  /** Receives the reason of each failure. */
  failed: (error: unknown) => void;
}

/**
 * Keeps the last outcome of a slow reading, so that a page answers at once while it is made again. All who ask share one reading.
 * Resolves to undefined where there is none yet: the first takes too long, or failed.
 */
export function keepReading<Value>(read: () => Promise<Value>, { keptMs, waitSeconds, what, clock, failed }: KeepSettings): () => Promise<Kept<Value> | undefined> {
  let last: Kept<Value> | undefined;
  const refresh = shareRun(async () => {
    const at = clock();
    try {
      last = { value: await read(), at };
    } catch (error) {
      failed(error);
    }
  });
  return async () => {
    const age = last === undefined ? Infinity : clock().getTime() - last.at.getTime();
    if (age >= keptMs) await waitFor(refresh(), waitSeconds, what).catch(() => undefined);
    return last;
  };
}

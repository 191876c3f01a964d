import type { Config } from "../config/config.ts";
import type { Clock } from "../ledger/clock.ts";
import { messageOf } from "../ledger/errors.ts";
import type { LiveSource } from "../limits/estimate-live.ts";

/** The result of reading live requests for a command; `unavailable` says why there is nothing to show. */
export type LiveReading<Found> = { found: Found } | { unavailable: string };

/**
 * Reads from the live requests in Redis; undefined where hooks are not configured. A failure is part of the answer: losing Redis loses
 * the live estimate and nothing else.
 */
export async function readLive<Found>(config: Pick<Config, "hooks" | "redis">, lakeUrl: string, clock: Clock, read: (source: LiveSource) => Promise<Found>): Promise<LiveReading<Found> | undefined> {
  if (config.hooks === undefined) return undefined;
  try {
    // Loaded on demand, for ledgers without hooks.
    const { openLive } = await import("../queue/live/open-live.ts");
    const source = await openLive(config, lakeUrl, clock);
    if (source === undefined) return undefined;
    try {
      return { found: await read(source) };
    } finally {
      source.close();
    }
  } catch (error) {
    return { unavailable: messageOf(error) };
  }
}

import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { HookDoor, HookOutcome } from "../http/hooks/hook-door.ts";
import type { LookLive } from "../http/hooks/live-page.ts";
import { readHeaderSecret, type Secret } from "../http/header-secret.ts";
import type { Clock } from "../ledger/clock.ts";
import { messageOf } from "../ledger/errors.ts";
import { LiveIntake } from "../limits/live/live-intake.ts";
import type { LiveWatch } from "../limits/watch-live.ts";
import { findHookSecret } from "../open/hook-secret.ts";
import type { Ledger } from "../open/ledger.ts";
import { RedisLiveRequests } from "../queue/live/redis-live-requests.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";

export interface StartedHooks {
  secret: Secret;
  door: HookDoor;
  look: LookLive;
  /** Stores the waiting requests, and ends the comparisons. */
  close(): Promise<void>;
}

interface HookContext {
  queues: Pick<LedgerQueues, "connection">;
  lakeUrl: string;
  openLedger: () => Promise<Ledger>;
  observe: (outcome: HookOutcome) => void;
  clock: Clock;
  log: Logger;
}

/** Takes hooks, and compares the live estimates with the budgets whenever hooks have arrived. Undefined where hooks are not configured. */
export async function startHooks({ hooks, sources }: Pick<Config, "hooks" | "sources">, { queues, lakeUrl, openLedger, observe, clock, log }: HookContext): Promise<StartedHooks | undefined> {
  if (hooks === undefined) return undefined;
  // Collects garbage earlier, and keeps less for it: a worker under load takes 30 MB less, and ingests up to a quarter slower.
  setFlagsFromString("--optimize-for-size");
  const found = await findHookSecret(hooks);
  const secret = readHeaderSecret(found.text, found.where);
  const requests = new RedisLiveRequests(queues.connection, { lakeUrl, keepHours: hooks.keep_hours, clock });
  const intake = new LiveIntake(requests, log);
  // Loaded with the first hook or page, since this code loads the database.
  let loaded: Promise<LiveWatch> | undefined;
  const load = async (): Promise<LiveWatch> => new (await import("../limits/watch-live.ts")).LiveWatch(openLedger, { requests, keepHours: hooks.keep_hours }, clock);
  const watch = async (): Promise<LiveWatch> => await (loaded ??= load());
  const stop = repeat(hooks.check_seconds * 1000, log, intake, watch);
  const door = { largestBytes: hooks.largest_kilobytes * 1024, gateways: sources.map(({ name }) => name), add: intake.add.bind(intake), observe, clock };
  return {
    secret,
    door,
    look: async () => await (await watch()).look(),
    close: async () => {
      stop();
      await intake.close();
    },
  };
}

/** Makes one comparison at a time, and only after hooks have arrived. A failed comparison is repeated. */
function repeat(milliseconds: number, log: Logger, intake: LiveIntake, watch: () => Promise<LiveWatch>): () => void {
  let compared = 0;
  let isRunning = false;
  const compare = async (): Promise<void> => {
    const { kept } = intake;
    if (isRunning || kept === compared) return;
    isRunning = true;
    try {
      const sent = await (await watch()).check();
      compared = kept;
      if (sent !== undefined) log.info(sent, "provisional alerts raised by live estimates");
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "live estimates cannot be compared with the budgets; trying again");
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => void compare(), milliseconds).unref();
  return () => clearInterval(timer);
}

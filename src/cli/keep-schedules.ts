import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { messageOf } from "../errors.ts";
import { declareSchedules } from "../queue/declare-schedules.ts";
import type { LedgerQueues } from "../queue/open-queues.ts";

const EVERY_MILLISECONDS = 60_000;

/** Declares the schedules, and again every minute: a Redis that was emptied has forgotten them. */
export async function keepSchedules({ schedule }: Config, { jobs }: LedgerQueues, log: Logger): Promise<{ stop(): void }> {
  const declared = await declareSchedules(jobs, schedule);
  log.info(declared, "schedules declared");
  const timer = setInterval(() => {
    declareSchedules(jobs, schedule).catch((error: unknown) => log.warn({ reason: messageOf(error) }, "schedules not declared"));
  }, EVERY_MILLISECONDS);
  return { stop: () => clearInterval(timer) };
}

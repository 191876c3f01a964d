import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { messageOf } from "../ledger/errors.ts";
import { type DeclaredSchedules, declareSchedules } from "../../jobs/schedule.ts";
import { removeUntagged } from "../queue/remove-untagged.ts";
import type { ConfiguredQueues } from "../queue/configured-queues.ts";

const EVERY_MILLISECONDS = 60_000;

/** Declares the schedules now and every minute, since an emptied Redis has lost them. */
export async function keepSchedules({ schedule }: Config, { queues, settings }: ConfiguredQueues, log: Logger): Promise<{ stop(): void }> {
  let isTidy = false;
  const declare = async (): Promise<DeclaredSchedules> => {
    const declared = await declareSchedules(queues.jobs, schedule);
    isTidy ||= await removeUntagged(queues, settings.lakeUrl, log);
    return declared;
  };
  log.info(await declare(), "schedules declared");
  const timer = setInterval(() => {
    declare().catch((error: unknown) => log.warn({ reason: messageOf(error) }, "schedules not declared"));
  }, EVERY_MILLISECONDS);
  return { stop: () => clearInterval(timer) };
}

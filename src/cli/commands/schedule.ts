import { declareSchedules } from "../../../jobs/schedule.ts";
import { removeUntagged } from "../../queue/remove-untagged.ts";
import { refuseOverlaps } from "../../open/check-places.ts";
import { keepSchedules } from "../keep-schedules.ts";
import { openLake } from "../../open/open-stores.ts";
import { openConfiguredQueues } from "../../queue/configured-queues.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { untilToldToEnd } from "../signals.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, print, printJson } from "../terminal.ts";
import { listSome } from "../../ledger/text/list-some.ts";

export interface ScheduleFlags extends SettingFlags {
  stay?: boolean;
  json?: boolean;
}

/** Declares the configured schedules in Redis. Resolves to the exit code. */
export async function schedule(flags: ScheduleFlags): Promise<number> {
  const config = await loadSettings(flags);
  await refuseOverlaps(config);
  const log = openLog();
  const opened = await openConfiguredQueues(config, (await openLake(config)).url, log);
  const { queues, settings } = opened;
  try {
    const declared = await declareSchedules(queues.jobs, config.schedule);
    await removeUntagged(queues, settings.lakeUrl, log);
    if (flags.json) printJson(declared);
    else {
      print(...declared.declared.map(({ id, pattern, next }) => `${id.padEnd(11)} ${pattern.padEnd(16)} next ${next.toISOString()}`));
      if (declared.removed.length > 0) print(`removed     ${listSome(declared.removed)}`);
    }
    sayNext({ after: "schedule", stays: flags.stay ?? false }, flags);
    if (!flags.stay) return 0;
    const kept = await keepSchedules(config, opened, log);
    await untilToldToEnd();
    kept.stop();
    return 0;
  } finally {
    await queues.close();
  }
}

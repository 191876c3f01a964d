import type { Logger } from "pino";
import { landInThreads } from "../../ingest/landing-threads.ts";
import type { Clock } from "../../ledger/clock.ts";
import { checkTeams } from "../../allocation/settings/check-teams.ts";
import type { Config } from "../../config/config.ts";
import { isCallerMistake, LedgerError } from "../../ledger/errors.ts";
import type { Ledger } from "../../open/ledger.ts";
import { JOB_HANDLERS } from "../../../jobs/job-handlers.ts";
import { superviseJobs } from "../../queue/job-scope.ts";
import { startWorker } from "../../queue/start-worker.ts";
import { keepSchedules } from "../keep-schedules.ts";
import { warnOfExposedKeys } from "../warn-of-exposed-keys.ts";
import { warnOfWeights } from "../warn-of-weights.ts";
import { startHttp } from "../start-http.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { openStores } from "../../open/open-stores.ts";
import { openConfiguredQueues } from "../../queue/configured-queues.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { releaseWriters } from "../../storage/writers.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { untilToldToEnd } from "../signals.ts";
import { openLog, printJsonText, silentProgress } from "../terminal.ts";

export interface WorkerFlags extends SettingFlags {
  schedule?: boolean;
  host?: string;
  port?: number;
}

/** Resolves to false for an unreachable store, which is left to the jobs, which try again. A second writer is an error at once. */
async function prepareUnlessAway(store: ObjectStore, log: Logger): Promise<boolean> {
  try {
    await store.prepareWrites?.();
    return true;
  } catch (error) {
    if (!(error instanceof LedgerError) || !error.retryable || error.code === "writer_busy") throw error;
    log.warn({ store: store.url, err: error }, "the store does not answer yet; jobs try again");
    return false;
  }
}

/** Throws for mistakes of the configuration that only an open ledger shows, such as a missing key. Anything else is left to the jobs. */
async function refuseMistakes(config: Config, open: () => Promise<Ledger>, log: Logger): Promise<void> {
  try {
    const { rules } = await open();
    warnOfWeights(rules.allocation, log);
    await warnOfExposedKeys(config, log);
    // Groups of a policy are teams as well, and only the next pull knows the policy as it is now.
    if (config.directory.policy === undefined) checkTeams(rules.allocation);
  } catch (error) {
    if (isCallerMistake(error)) throw error;
    log.warn({ err: error }, "the ledger cannot be opened yet; jobs try again");
  }
}

/** Starts one part of the worker. If that fails, closes what was opened before, since it would keep the process alive. */
async function startOrClose<Part>(start: () => Promise<Part>, ...opened: readonly { close(): Promise<void> }[]): Promise<Part> {
  try {
    return await start();
  } catch (error) {
    for (const one of opened) await one.close();
    throw error;
  }
}

/** Takes jobs until it receives a signal to end. */
export async function worker(flags: WorkerFlags, clock: Clock): Promise<never> {
  const config = await loadSettings(flags);
  if (config.sources.length === 0) {
    throw new LedgerError("usage", "no source is given", {
      remedy: "say where the exports are with --source URL or sources: in aperture-ledger.yaml",
    });
  }
  const log = openLog();
  superviseJobs(log, (code) => process.exit(code));
  // Never in this thread: it must renew the locks of jobs, or a different worker takes them over.
  const land = landInThreads();
  const stores = await openStores(config);
  // Where the store allows only one writer, a second worker fails now, not in each of its jobs.
  const there: boolean[] = [];
  for (const store of new Set([stores.lake, stores.archive])) there.push(await prepareUnlessAway(store, log));
  const openBesideJobs = () => openLedger(config, { log, progress: silentProgress, clock, land, print: printJsonText }, "cached", stores);
  if (there.every(Boolean)) await refuseMistakes(config, openBesideJobs, log);
  const opened = await openConfiguredQueues(config, stores.lake.url, log);
  const { queues, settings } = opened;
  const toldToEnd = untilToldToEnd();
  const http = await startOrClose(() => startHttp(config, flags, { queues, stores, log, clock, openLedger: openBesideJobs }), queues);
  const schedules = flags.schedule ? await startOrClose(() => keepSchedules(config, opened, log), http, queues) : undefined;
  const { exports_at_once: exportsAtOnce, lock_seconds: lockSeconds } = config.worker;
  const taking = startWorker(
    JOB_HANDLERS,
    { exportsAtOnce, lockMilliseconds: lockSeconds * 1000 },
    {
      openLedger: (services, gateway) => openLedger(config, { ...services, clock, land, print: printJsonText }, gateway, stores),
      queues,
      settings,
      observer: http.metrics,
      timezone: config.timezone,
      clock,
      log,
    },
  );
  log.info({ lake: stores.lake.url, http: http.url }, "worker started");
  const signal = await toldToEnd;
  log.info({ signal }, "worker is stopping");
  schedules?.stop();
  await taking.close();
  // Hooks that wait are kept in Redis.
  await http.close();
  await queues.close();
  await releaseWriters();
  log.info("worker stopped");
  // Jobs that were handed back may still run in this process; a different worker starts them again.
  process.exit(0);
}

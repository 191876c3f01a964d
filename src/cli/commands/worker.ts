import type { Logger } from "pino";
import { landInThreads } from "../../ingest/landing-threads.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { JOB_HANDLERS } from "../../../jobs/job-handlers.ts";
import { superviseJobs } from "../../queue/job-scope.ts";
import { startWorker } from "../../queue/start-worker.ts";
import { keepSchedules } from "../keep-schedules.ts";
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

/** An unreachable store is left to the jobs, which try again. A second writer is an error at once. */
async function prepareUnlessAway(store: ObjectStore, log: Logger): Promise<void> {
  try {
    await store.prepareWrites?.();
  } catch (error) {
    if (!(error instanceof LedgerError) || !error.retryable || error.code === "writer_busy") throw error;
    log.warn({ store: store.url, err: error }, "the store does not answer yet; jobs try again");
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
  for (const store of new Set([stores.lake, stores.archive])) await prepareUnlessAway(store, log);
  const opened = await openConfiguredQueues(config, stores.lake.url, log);
  const { queues, settings } = opened;
  const toldToEnd = untilToldToEnd();
  const openForHolds = () => openLedger(config, { log, progress: silentProgress, clock, land }, "cached", stores);
  const http = await startHttp(config, flags, { queues, stores, log, clock, openLedger: openForHolds });
  const schedules = flags.schedule ? await keepSchedules(config, opened, log) : undefined;
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
  await Promise.all([http.close(), queues.close()]);
  await releaseWriters();
  log.info("worker stopped");
  // Jobs that were handed back may still run in this process; a different worker starts them again.
  process.exit(0);
}

/** A worker of its own whose jobs go wrong in ways that no handler sees: the test beside it says which with `aim`. */
import pino from "pino";
import type { JobHandlers } from "../../src/queue/job-handler.ts";
import { superviseJobs } from "../../src/queue/job-scope.ts";
import { openQueues, type QueueSettings } from "../../src/queue/open-queues.ts";
import { startWorker } from "../../src/queue/start-worker.ts";

const [redis = "", lakeUrl = ""] = process.argv.slice(2);
const log = pino(pino.destination({ dest: 1, sync: true }));
const settings: QueueSettings = { redis: JSON.parse(redis) as QueueSettings["redis"], lakeUrl, attempts: 1, backoffMilliseconds: 20 };
const fine: JobHandlers[string] = async (_data, { observer }) => {
  observer.exportsSeen("prod", 1);
  return await Promise.resolve("done");
};
const handlers: JobHandlers = {
  fine,
  rejects: async () => {
    void Promise.reject(new Error("nobody waits for this"));
    return await new Promise((resolve) => void setTimeout(resolve, 60_000));
  },
  throws: async () => {
    setTimeout(() => {
      throw new Error("in a callback");
    }, 1);
    return await new Promise((resolve) => void setTimeout(resolve, 60_000));
  },
};
const broken = (): never => {
  throw new Error("a meter that is broken");
};

superviseJobs(log, (code) => process.exit(code));
startWorker(handlers, { exportsAtOnce: 1, lockMilliseconds: 5000 }, {
  openLedger: () => Promise.reject(new Error("no ledger here")),
  queues: openQueues(settings, log),
  settings,
  observer: { jobFinished: broken, exportsSeen: broken, exportIngested: broken },
  timezone: "UTC",
  clock: () => new Date(),
  log,
});
process.on("SIGUSR2", () => {
  throw new Error("a mistake of the worker's own");
});
log.info("ready");

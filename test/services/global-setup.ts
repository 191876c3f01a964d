import type { TestProject } from "vitest/node";
import { startCeph, type S3Service } from "./ceph.ts";
import { startRedis } from "./redis.ts";
import { describeMissing, missingCommands, REDIS, S3 } from "./requirements.ts";
import { ServiceProcesses } from "./service-processes.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Redis, empty at the start of the run when it was started for it. */
    redisUrl: string;
    /** An S3 server; `test/services/s3.ts` makes buckets on it. */
    s3: S3Service;
  }
}

/** Starts the servers that the tests need, or takes those that the `TEST_…` variables name. Stops what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = [REDIS, S3].filter((requirement) => missingCommands(requirement).length > 0);
  if (missing.length > 0) throw new Error(describeMissing(missing));

  const services = new ServiceProcesses();
  const forget = stopWithThisProcess(services);
  // Both starts come to their end before either failure counts, so that nothing is started after the stop.
  const [redisUrl, s3] = await Promise.allSettled([
    process.env["TEST_REDIS_URL"] || startRedis(services),
    s3FromEnvironment() ?? startCeph(services, { others: true }),
  ]);
  const stop = async (): Promise<void> => {
    forget();
    await services.stop();
  };
  if (redisUrl.status === "rejected" || s3.status === "rejected") {
    await stop();
    const reasons = [redisUrl, s3].flatMap((start) => (start.status === "rejected" ? [String(start.reason)] : []));
    throw new AggregateError(reasons, `cannot start the test services: ${reasons.join("\n")}`);
  }
  project.provide("redisUrl", redisUrl.value);
  project.provide("s3", s3.value);
  return stop;
}

function s3FromEnvironment(): S3Service | undefined {
  const endpoint = process.env["TEST_S3_ENDPOINT"];
  const accessKey = process.env["TEST_S3_ACCESS_KEY"];
  const secretKey = process.env["TEST_S3_SECRET_KEY"];
  return endpoint && accessKey && secretKey ? { endpoint, accessKey, secretKey } : undefined;
}

/** Ends the servers when this process is told to end before the run is over. */
function stopWithThisProcess(services: ServiceProcesses): () => void {
  const onExit = (): void => services.stopNow();
  const onSignal = (signal: NodeJS.Signals): void => {
    services.stopNow();
    forget();
    // A listener that is left (vitest's own) decides how the run ends; without one the signal has to do its work again.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const forget = (): void => {
    process.off("exit", onExit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on("exit", onExit);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return forget;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

import type { TestProject } from "vitest/node";
import { startCeph, type S3Service } from "./ceph.ts";
import { startRedis } from "./redis.ts";
import { describeMissing, missingCommands, REDIS, type Requirement, S3 } from "./requirements.ts";
import { ServiceProcesses } from "./service-processes.ts";
import { serveStarters } from "./shared-servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where test files ask for the servers of the run. */
    sharedServers: string;
  }
}

/**
 * Offers the servers that tests need: those that the `TEST_…` variables name, else servers of the run's own, each started
 * when the first test file asks for it. Stops what it started.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let opened: ServiceProcesses | undefined;
  let forget = (): void => undefined;
  const services = (): ServiceProcesses => {
    if (opened === undefined) {
      opened = new ServiceProcesses();
      forget = stopWithThisProcess(opened);
    }
    return opened;
  };
  const startS3 = once(async () => {
    expectToBeThere(S3);
    return await startCeph(services());
  });
  const given = s3FromEnvironment();
  const served = await serveStarters({
    redis: async () => {
      expectToBeThere(REDIS);
      return process.env["TEST_REDIS_URL"] || (await startRedis(services()));
    },
    s3: async () => given ?? (await startS3()),
    "s3-others": async () => (given === undefined ? await (await startS3()).addOthers() : null),
  });
  project.provide("sharedServers", served.url);
  return async () => {
    forget();
    await Promise.all([opened?.stop(), served.close()]);
  };
}

function expectToBeThere(requirement: Requirement): void {
  if (missingCommands(requirement).length > 0) throw new Error(describeMissing([requirement]));
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
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

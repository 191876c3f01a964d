import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { declareSchedules } from "../../jobs/schedule.ts";
import { keyPrefix } from "../../src/queue/redis-connection.ts";
import { probeRedis } from "../../src/queue/probe-redis.ts";
import { TestCluster } from "../services/redis-cluster.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { queueSettings, testQueues, testWorker, until, untilIdle } from "./test-queue.ts";

let services: ServiceProcesses;
let cluster: TestCluster;

beforeAll(async () => {
  services = new ServiceProcesses();
  cluster = await TestCluster.start(services, { primaries: 3, replicas: 1 });
});
afterAll(() => services.stop());

describe("a cluster of three primaries, each with a replica", () => {
  test("runs jobs, flows and schedules; all keys of a ledger are in one slot", async () => {
    const settings = queueSettings({ redis: { cluster: cluster.urls.slice(0, 2) } });
    const queues = testQueues(settings);
    const done: string[] = [];
    const handlers = Object.fromEntries(["parent", "child"].map((name) => [name, () => Promise.resolve(void done.push(name))]));
    testWorker({ queues, settings, handlers });
    await queues.flows.add({ name: "parent", queueName: "jobs", data: {}, children: [{ name: "child", queueName: "exports", data: {} }] });
    await until(() => done.length === 2, "the flow is done");
    await untilIdle(queues);
    expect(done).toEqual(["child", "parent"]);
    const { declared } = await declareSchedules(queues.jobs, { timezone: "UTC" });
    expect(declared).toHaveLength(6);
    expect(await queues.jobs.getJobCounts("completed", "delayed")).toEqual({ completed: 1, delayed: 6 });
    const keys = await cluster.keys();
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => !key.startsWith(`${keyPrefix(settings.lakeUrl)}:`))).toEqual([]);
  });

  test("is found by the url of any of its nodes", async () => {
    for (const url of cluster.urls) {
      expect(await probeRedis(url)).toMatchObject({ address: { cluster: [url] }, primaries: 3, maxmemoryPolicy: "noeviction", appendOnly: true });
    }
    await expect(probeRedis(`${cluster.urls[0]}/1`)).rejects.toMatchObject({ code: "config_invalid", message: expect.stringMatching(/names a database/) as string });
  });

  test("goes on when the node that has the ledger's keys is gone, and takes it back as a replica", async () => {
    const settings = queueSettings({ redis: { cluster: cluster.urls }, attempts: 50 });
    const queues = testQueues(settings);
    const done = new Set<number>();
    const handlers = { count: (data: unknown) => Promise.resolve(void done.add((data as { index: number }).index)) };
    testWorker({ queues, settings, handlers });
    for (let index = 0; index < 5; index++) await queues.jobs.add("count", { index });
    await until(() => done.size === 5, "the first jobs are done");
    await cluster.killPrimaryOf(`${keyPrefix(settings.lakeUrl)}:jobs:meta`);
    await until(() => queues.check().then(() => true, () => false), "another node has taken over");
    for (let index = 5; index < 10; index++) await queues.jobs.add("count", { index });
    await until(() => done.size === 10, "the jobs added since are done");
    await cluster.revive();
    expect(await probeRedis({ cluster: cluster.urls })).toMatchObject({ primaries: 3 });
  });
});

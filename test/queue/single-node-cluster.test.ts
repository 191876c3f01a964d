import { afterAll, beforeAll, expect, test } from "vitest";
import { TestCluster } from "../services/redis-cluster.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { expectWholeWorker } from "./whole-worker.ts";

let services: ServiceProcesses;
let cluster: TestCluster;

beforeAll(async () => {
  services = new ServiceProcesses();
  cluster = await TestCluster.start(services, { primaries: 1 });
});
afterAll(() => services.stop());

test("a worker that is given the plain url of a node in cluster mode does all its work there", async () => {
  const { doctor } = await expectWholeWorker(cluster.urls[0]);
  expect(doctor).toMatch(/^cluster of 1 primary, version \d+\.\d+\.\d+, maxmemory-policy noeviction, append-only file$/);
});

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { stringify } from "yaml";
import { runOnce } from "../../src/run/run-once.ts";
import { type LedgerQueues, openQueues } from "../../src/queue/open-queues.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { areSame, compareLakes } from "../chaos/compare-lakes.ts";
import { plainLedger } from "../plain-ledger.ts";
import { RestartableRedis } from "../chaos/restartable-redis.ts";
import { type Faults, startProxy } from "../contract/s3-proxy.ts";
import { silent, until, untilIdle } from "../queue/test-queue.ts";
import { freePorts } from "../services/service-processes.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

let place: FreshS3;
/** The same exports for every test, and what one undisturbed run makes of them. */
let source: ObjectStore;
let clean: ObjectStore;
/** Of one test. */
let lakeUrl: string;
let lake: ObjectStore;

beforeAll(async () => {
  place = await freshS3(SHARED_S3);
  [source, clean] = [await storeAt("exports"), await storeAt("clean")];
  for await (const { name, bytes } of simulateExports({ days: 2, records: 80, everySeconds: 14_400 }).exports) await source.create(name, bytes);
  await runOnce(plainLedger(source, clean));
});

beforeEach(async () => {
  lakeUrl = `${place.location.url}/lakes/${randomUUID()}`;
  lake = await storeAt(lakeUrl.slice(place.location.url.length + 1));
});

async function storeAt(name: string): Promise<ObjectStore> {
  for (const [variable, value] of Object.entries(place.env)) vi.stubEnv(variable, value);
  return await openStore({ ...place.location, url: `${place.location.url}/${name}` });
}

/** Never pulls by itself: a test says when. */
const NEVER = { pull: "0 0 29 2 *", pull_all: "off", nightly: "off", chargeback: "off", retention: "off", bills: "off" };

interface Started {
  start: (...args: string[]) => WorkerProcess;
  queues: LedgerQueues;
}

async function configured(changes: Record<string, unknown> = {}, faults?: Faults, redis: string = SHARED_REDIS): Promise<Started> {
  const proxy = faults === undefined ? undefined : await startProxy(place.location.endpoint, faults);
  const { endpoint } = proxy ?? place.location;
  const at = (url: string): Record<string, string> => ({ url, endpoint, region: place.location.region });
  const config = join(temporaryFolder(), "ledger.yaml");
  const worker = { lock_seconds: 2, backoff_seconds: 0.1 };
  writeFileSync(config, stringify({ sources: [{ name: "prod", ...at(source.url) }], lake: at(lakeUrl), redis, schedule: NEVER, worker, ...changes }));
  const queues = openQueues({ redis, lakeUrl, attempts: 8, backoffMilliseconds: 100 }, silent);
  return { start: (...args) => startWorkerProcess(["worker", "--config", config, ...args], place.env), queues };
}

async function expectSameAsOneRun(queues: LedgerQueues): Promise<void> {
  // Whoever was killed before its manifest is found in the archive as well, and where it came from by the next pull.
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  await queues.jobs.add("nightly-export", {});
  await untilIdle(queues);
  expect(await compareLakes(clean, lake)).toEqual({ lost: 0, duplicated: 0, differing: [] });
}

describe("a worker", () => {
  test("starts while its store is away, says that it lives, and ends with 0 when it is told to", async () => {
    const [port = 0] = await freePorts(1);
    const [away = 0] = await freePorts(1);
    const endpoint = `http://127.0.0.1:${String(away)}`;
    const { start, queues } = await configured({ lake: { url: lakeUrl, endpoint, region: "us-east-1" } });
    const worker = start("--port", String(port));
    await worker.hasSaid("worker started");
    expect(worker.log()).toContain("the store does not answer yet");
    expect((await fetch(`http://127.0.0.1:${String(port)}/healthz`)).status).toBe(200);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
    await queues.close();
  });

  test("told to end lets what is under way finish, takes nothing more, and ends with 0", async () => {
    const { start, queues } = await configured();
    const worker = start();
    await worker.hasSaid("worker started");
    await queues.jobs.add("pull-exports", {});
    await worker.hasSaid("export ingested");
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
    expect(worker.log()).toContain("worker stopped");
    expect(await queues.exports.getActiveCount()).toBe(0);
    expect(await queues.exports.getFailedCount()).toBe(0);
    start();
    await untilIdle(queues);
    await expectSameAsOneRun(queues);
    await queues.close();
  });

  test("hands back what does not finish, which another one then does", async () => {
    let isStuck = true;
    const { start, queues } = await configured({}, ({ method, url }) =>
      isStuck && method === "PUT" && url.includes("/landing/") ? { delay: 3_600_000 } : undefined,
    );
    const worker = start();
    await worker.hasSaid("worker started");
    await queues.jobs.add("pull-exports", {});
    await until(async () => (await queues.exports.getActiveCount()) === 3, "three exports are being ingested");
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
    expect(worker.log()).toContain("handed back");
    expect(await queues.exports.getActiveCount()).toBe(0);
    isStuck = false;
    start();
    await untilIdle(queues);
    await expectSameAsOneRun(queues);
    await queues.close();
  });

  test.each(["SIGKILL", "SIGSTOP"] as const)("that gets %s in the middle costs a retry and nothing else, also if it goes on later", async (signal) => {
    const { start, queues } = await configured();
    const worker = start();
    await worker.hasSaid("worker started");
    await queues.jobs.add("pull-exports", {});
    await until(async () => (await queues.exports.getActiveCount()) > 0, "exports are being ingested");
    worker.child.kill(signal);
    start();
    await untilIdle(queues);
    expect(await queues.exports.getFailedCount()).toBe(0);
    worker.child.kill("SIGCONT");
    await expectSameAsOneRun(queues);
    await queues.close();
  });

  test("whose Redis is emptied or restarted in the middle finds what is missing by the next pull", async () => {
    const redis = await RestartableRedis.start(temporaryFolder());
    const { start, queues } = await configured({ schedule: { pull: "* * * * * *", nightly: "*/3 * * * * *" } }, undefined, redis.url);
    start("--schedule");
    await until(async () => (await queues.exports.getJobCountByTypes("active", "completed").catch(() => 0)) > 0, "an export is being ingested");
    await redis.restart(false);
    await until(async () => (await queues.jobs.getJobSchedulersCount().catch(() => 1)) === 0, "Redis has forgotten everything");
    start("--schedule");
    await until(async () => await areSame(clean, lake), "the ledger is complete");
    await redis.restart(true);
    const grown = await storeAt("grown");
    const [name, bytes] = await oneMore();
    onTestFinished(() => source.remove(name));
    await source.create(name, bytes);
    await runOnce(plainLedger(source, grown));
    await until(async () => await areSame(grown, lake), "it goes on after a restart");
    expect(await compareLakes(grown, lake)).toEqual({ lost: 0, duplicated: 0, differing: [] });
    await queues.close();
    await redis.stop();
  });

  test("logs job, gateway and export and nothing out of records; serves what it did to Prometheus", async () => {
    // On a busy machine a short lock runs out, and the export is ingested twice.
    const { start, queues } = await configured({ worker: { lock_seconds: 120 } });
    const worker = start("--port", "0");
    await worker.hasSaid("worker started");
    await queues.jobs.add("pull-exports", {});
    await worker.hasSaid("exports pulled");
    await untilIdle(queues);
    const http = /"http":"([^"]+)","msg":"worker started"/.exec(worker.log())?.[1] ?? "nowhere";
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    expect((await fetch(`${http}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${http}/metrics`)).text();
    worker.child.kill("SIGTERM");
    // Its last lines may arrive after what they tell is in Redis.
    expect(await worker.ended).toBe(0);
    const lines = worker.log().trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    const ingested = lines.filter(({ msg }) => msg === "export ingested");
    const names: string[] = [];
    for await (const { key } of source.list("")) names.push(key);
    expect(ingested.map((line) => line["export"]).toSorted()).toEqual(names);
    for (const line of ingested) expect(line).toMatchObject({ job: "ingest-export", instance: "prod" });
    expect(worker.log()).not.toMatch(/@[a-z]+\.|tag:|claude|gpt/);
    expect(metrics).toContain(`aperture_ledger_job_duration_seconds_count{job="ingest-export",outcome="completed"} ${names.length}`);
    expect(metrics).toContain(`aperture_ledger_exports_seen{instance="prod"} ${names.length}`);
    await queues.close();
  });

  test("without Redis says so at once, without the password, and ends with 1", async () => {
    const { code, stderr } = await call(["worker", "--redis", "redis://:secret-word@127.0.0.1:1", "--source", temporaryFolder(), "--lake", temporaryFolder()]);
    expect(code).toBe(1);
    expect(stderr).toContain("[storage_unavailable]");
    expect(stderr).not.toContain("secret-word");
  });
});

describe("a worker with a mistake in its configuration", () => {
  test.each([
    ["a group without a policy", { http: { port: 0, allow: ["group:ops"] } }, /http\.allow has group:ops.*\[config_invalid\]/],
    ["an address that others can reach", { http: { port: 0, host: "0.0.0.0" } }, /http\.host is 0\.0\.0\.0/],
    ["a key that is not there", { archive: { signing_key: "/nowhere/key" } }, /\/nowhere\/key cannot be read/],
    ["a team that does not exist", { allocation: { rules: [{ when: {}, team: "nobody" }] } }, /names the team "nobody"/],
  ])("ends with 2 and leaves nothing open: %s", async (_, mistake, message) => {
    const folder = temporaryFolder();
    const file = join(folder, "ledger.yaml");
    writeFileSync(file, stringify({ sources: [{ name: "prod", url: folder }], lake: temporaryFolder(), redis: SHARED_REDIS, ...mistake }));
    const { code, stderr } = await call(["worker", "--config", file]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test("or whose port is taken ends with 1 and says only that", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await call(["worker", "--redis", SHARED_REDIS, "--source", temporaryFolder(), "--lake", temporaryFolder(), "--port", String(port)]);
    expect(stderr).toMatch(/port \d+: listen EADDRINUSE.*\[listen_failed\]/);
    expect(stderr).not.toContain("Redis cannot be reached");
    expect(code).toBe(1);
  });

  test("or in its port as well", async () => {
    const { code, stderr } = await call(["worker", "--port", "http"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--port <n>") as string]);
  });
});

async function oneMore(): Promise<[string, Uint8Array]> {
  for await (const { name, bytes } of simulateExports({ seed: "one more", from: new Date("2026-10-05T00:00:00Z"), days: 1, records: 5 }).exports) return [name, bytes];
  throw new Error("nothing was simulated");
}

test("schedule declares what is configured, says when each is next, and ends", async () => {
  const before = Date.now();
  const { code, stdout } = await call(["schedule", "--json", "--redis", SHARED_REDIS, "--lake", temporaryFolder()]);
  expect(code).toBe(0);
  const { declared } = JSON.parse(stdout) as { declared: { id: string; next: string }[] };
  expect(declared.map(({ id }) => id)).toEqual(["pull", "pull_all", "nightly", "chargeback", "retention", "bills"]);
  for (const { next } of declared) expect(Date.parse(next)).toBeGreaterThan(before);
});

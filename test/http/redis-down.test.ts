import { Queue } from "bullmq";
import { Redis } from "ioredis";
import pino from "pino";
import { expect, test } from "vitest";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { serveHttp } from "../../src/http/serve-http.ts";
import { probeRedis } from "../../src/queue/probe-redis.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { type Overview, readOverview } from "../../src/run/read-overview.ts";
import { plainLedger } from "../plain-ledger.ts";
import { startRedis } from "../services/redis.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ask, NO_HOLDS } from "./start-http.ts";

test("a worker whose Redis is gone is alive, not ready, and says which", async () => {
  const services = new ServiceProcesses();
  const url = await startRedis(services);
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on("error", () => undefined);
  const queue = new Queue("exports", { connection });
  queue.on("error", () => undefined);
  await queue.waitUntilReady();
  const lake = new FsStore(temporaryFolder());
  const log = pino({ level: "silent" });
  const metrics = new LedgerMetrics({ lake, queues: [queue], clock: () => new Date(), log });
  const checkRedis = async (): Promise<void> => void (await probeRedis(url));
  const overview = async (): Promise<Overview> => await readOverview(plainLedger(new FsStore(temporaryFolder()), lake));
  const server = await serveHttp({ host: "127.0.0.1", port: 0, allow: null }, { queues: [queue], jobs: queue, checkRedis, lake, metrics, holds: NO_HOLDS, readOverview: overview, calendar: { clock: () => new Date(), timezone: "UTC" }, log });
  try {
    expect((await ask(server.url, "/readyz")).status).toBe(200);
    expect((await ask(server.url, "/metrics")).body).toContain('aperture_ledger_queue_read_failed{queue="exports"} 0');
    await services.stop();

    expect((await ask(server.url, "/healthz")).status).toBe(200);
    // Each of these waits for Redis as long as it does.
    const asked = (path: string): ReturnType<typeof ask> => ask(server.url, path);
    const [home, ready, told, page, jobs] = await Promise.all([asked("/"), asked("/readyz"), asked("/metrics"), asked("/jobs"), asked("/jobs/api/queues")]);
    expect([home.status, home.body]).toEqual([200, expect.stringContaining("Redis does not answer")]);
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toMatchObject({ redis: { ok: false, code: "storage_unavailable" }, lake: { ok: true } });
    expect(told.status).toBe(200);
    expect(told.body).toContain('aperture_ledger_queue_read_failed{queue="exports"} 1');
    expect(told.body).not.toMatch(/^aperture_ledger_jobs\{/m);
    expect(page.status).toBe(200);
    expect(jobs.status).toBe(500);
    expect(JSON.parse(jobs.body)).toEqual({ error: { key: "ERRORS.INTERNAL_SERVER_ERROR" } });
  } finally {
    await server.close();
    // What belongs to the queue itself would wait for Redis.
    connection.disconnect();
    await services.stop();
  }
});

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { shareRun, waitFor } from "./share-run.ts";

const CHECK_SECONDS = 5;

interface HealthParts {
  checkRedis: () => Promise<void>;
  lake: ObjectStore;
  log: Logger;
}

type Outcome = { ok: true } | { ok: false; code: string; message: string };

/** `/healthz`: this process answers. `/readyz`: Redis and the lake answer too; without them no job can run. */
export function serveHealth(app: FastifyInstance, { checkRedis, lake, log }: HealthParts): void {
  // All probes wait for one check; a check that hangs is not started again by each.
  const checks = { redis: shareRun(async () => await checkRedis()), lake: shareRun(async () => await listOne(lake)) };

  app.get("/healthz", (_request, reply) => reply.type("text/plain; charset=utf-8").send("ok\n"));
  app.get("/readyz", async (_request, reply) => {
    const [redis, lakeOutcome] = await Promise.all([tryCheck(checks.redis, "Redis"), tryCheck(checks.lake, `the lake ${lake.url}`)]);
    const ready = redis.ok && lakeOutcome.ok;
    if (!ready) log.warn({ redis, lake: lakeOutcome }, "not ready");
    return await reply.code(ready ? 200 : 503).send({ ready, redis, lake: lakeOutcome });
  });
}

async function listOne(lake: ObjectStore): Promise<void> {
  const listing = lake.list("")[Symbol.asyncIterator]();
  await listing.next();
  await listing.return?.();
}

async function tryCheck(check: () => Promise<void>, what: string): Promise<Outcome> {
  try {
    await waitFor(check(), CHECK_SECONDS, what);
    return { ok: true };
  } catch (error) {
    if (error instanceof LedgerError) return { ok: false, code: error.code, message: error.message };
    // Other errors may quote their arguments.
    return { ok: false, code: "storage_unavailable", message: `${what} cannot be reached` };
  }
}

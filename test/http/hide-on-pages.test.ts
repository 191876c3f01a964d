import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import pino from "pino";
import { expect, test } from "vitest";
import { startHttp as startConfigured } from "../../src/cli/start-http.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { hideOnPages } from "../../src/http/hide-on-pages.ts";
import { readOverview } from "../../src/run/read-overview.ts";
import { changeLedger } from "../change-ledger.ts";
import { budgetOf, DOLLAR } from "../limits/spent.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { companyLedger, NOW } from "./company-lake.ts";
import { ask } from "./start-http.ts";

const SANDBOX = budgetOf({ name: "Ann's sandbox", amount: 100n * DOLLAR, scope: new Map([["caller", "ann@example.com"]]) });

/** Home and metrics of a worker with a budget of the company, one of a team and one of a caller. */
async function show(privacy: object): Promise<Record<"home" | "metrics", string>> {
  const company = await companyLedger();
  const ledger = changeLedger(company, { rules: { budgets: () => [...company.rules.budgets(), SANDBOX] } });
  const { lake, archive } = ledger.stores;
  const limits = [{ name: SANDBOX.name, scope: { caller: "ann@example.com" }, amount: 100, per: "month" }];
  const config = checkConfig({ sources: [{ name: "prod", url: "file:///nowhere" }], limits, http: { port: 0 }, ...privacy }, "the test");
  const connection = new Redis(SHARED_REDIS, { maxRetriesPerRequest: null });
  const queue = new Queue("jobs", { connection, prefix: `test-${randomUUID()}` });
  const context = { queues: { jobs: queue, exports: queue }, stores: { lake, archive, sources: [] }, log: pino({ level: "silent" }), clock: () => NOW, openLedger: async () => await Promise.resolve(ledger) };
  const started = await startConfigured(config, {}, context as never);
  try {
    const url = started.url ?? "";
    return { home: (await ask(url, "/")).body, metrics: (await ask(url, "/metrics")).body };
  } finally {
    await started.close();
    await queue.close();
    connection.disconnect();
  }
}

test("home and metrics leave out budgets of callers where reports hide people, and no other budget", async () => {
  const named = await show({});
  expect(named.home).toContain("Ann&#39;s sandbox");
  expect(named.metrics).toContain('aperture_ledger_budget_used_usd{budget="Ann\'s sandbox"} 30');
  const hidden = await show({ privacy: { callers: "pseudonym" } });
  for (const text of Object.values(hidden)) expect(text).not.toContain("sandbox");
  expect(hidden.home).toContain("<bdi>company</bdi>");
  expect(hidden.metrics).toContain('aperture_ledger_budget_used_usd{budget="web"} 20');
});

test("live estimates and conditions name no people either", async () => {
  const { estimates, overview } = hideOnPages([SANDBOX, budgetOf({ name: "company", amount: DOLLAR, scope: new Map() })]);
  expect(estimates([{ state: { name: SANDBOX.name } }, { state: { name: "company" } }] as never)).toEqual([{ state: { name: "company" } }]);
  const read = await readOverview(await companyLedger());
  const drift = { kind: "quota_drift", subject: "prod", since: "2026-10-10T00:00:00.000Z", members: ["daily:ann@example.com"], facts: ["daily:ann@example.com: the gateway says $1.00"], figures: {}, remedy: "compare" } as const;
  const damaged = { ...drift, kind: "damaged", members: ["one.cbor.zstd"], facts: [] } as const;
  const shown = overview({ ...read, status: { ...read.status, health: [drift, damaged] } });
  expect(JSON.stringify(shown.status.health)).not.toContain("ann@");
  expect(shown.status.health).toMatchObject([{ kind: "quota_drift", subject: "prod" }, damaged]);
});

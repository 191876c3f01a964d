import { zstdCompressSync } from "node:zlib";
import { context, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Job } from "bullmq";
import { BullMQOtel } from "bullmq-otel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { auditChain, digestsOf, signingWith } from "../archive/sealing.ts";
import { copiesOf } from "../archived-copies.ts";
import { HookedStore } from "../hooked-store.ts";
import { SETTINGS } from "../health/known-exports.ts";
import { testTools } from "../messages/sending-tools.ts";
import { NOBODY_TOLD } from "../nobody-told.ts";
import { pricingBy } from "../prices/price-requests.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

let source: FsStore;
let lake: FsStore;

beforeEach(async () => {
  [source, lake] = [new FsStore(temporaryFolder()), new FsStore(temporaryFolder())];
  const from = new Date("2026-10-20T00:00:00Z");
  for await (const { name, bytes } of simulateExports({ from, days: 3, records: 150, everySeconds: 14_400 }).exports) await source.create(name, bytes);
});

async function byName<Result>(jobs: Job[], name: string): Promise<Job<unknown, Result>[]> {
  return await Promise.resolve(jobs.filter((job) => job.name === name));
}

test("the pull reports what is wrong with the ledger, not while an export waits, and also where its source cannot be listed", async () => {
  await runOnce(testLedger(source, lake));
  const settings = queueSettings({ attempts: 1 });
  const queues = testQueues(settings);
  const tools = testTools();
  const alerting = { ...NOBODY_TOLD, notifying: { ...NOBODY_TOLD.notifying, targets: [{ name: "ops", kind: "stdout" as const }] }, tools };
  let isAway = false;
  const shaky = new HookedStore(source, (operation) => {
    if (operation === "list" && isAway) throw new Error("the source is away");
  });
  const clock = (): Date => new Date("2026-10-25T00:00:00Z");
  testWorker({ queues, settings, ledger: testLedger(shaky, lake, { rules: { health: SETTINGS }, telling: { alerting } }), clock });
  const pull = async (): Promise<string[]> => {
    await queues.jobs.add("pull-exports", {});
    await untilIdle(queues);
    return tools.printed.splice(0).map((line) => (JSON.parse(line) as { title: string }).title.split(":").slice(0, 2).join(":"));
  };
  // Of eight o'clock in the evening before.
  const waiting = "ts-aperture-export-1792872000";
  await source.create(`${waiting}.cbor.zstd`, zstdCompressSync(""));
  expect(await pull()).toEqual([]);
  await source.remove(`${waiting}.cbor.zstd`);
  await lake.remove(`_ledger/exports/prod/${waiting}.json`);
  isAway = true;
  expect(await pull()).toEqual(["prod: no exports arrive"]);
});

describe("the nightly export", () => {
  test("builds each stale day in a job of its own, then checks limits, also when a day cannot be built", async () => {
    const settings = queueSettings({ attempts: 1 });
    const queues = testQueues(settings);
    const broken = new HookedStore(lake, (operation, key) => {
      if (operation === "replace" && key.startsWith("usage/date=2026-10-21")) throw new Error("no room for this day");
    });
    testWorker({ queues, settings, ledger: testLedger(source, broken), clock: () => new Date("2026-10-20T12:00:00Z") });
    await queues.jobs.add("pull-exports", {});
    await untilIdle(queues);
    await queues.jobs.add("nightly-export", {});
    await untilIdle(queues);

    const failed: Job<unknown>[] = await queues.jobs.getFailed();
    expect(failed.map(({ name, data, failedReason }) => [name, data, failedReason])).toEqual([
      ["build-day", { date: "2026-10-21", instance: "prod" }, "no room for this day"],
    ]);
    const done: Job[] = await queues.jobs.getCompleted();
    const built = await byName<{ date: string; built: boolean }>(done, "build-day");
    expect(built.map(({ returnvalue }) => returnvalue.date).toSorted()).toEqual(["2026-10-20", "2026-10-22"]);
    const [months] = await byName<{ allocated: string[] }>(done, "allocate-months");
    expect(months!.returnvalue).toEqual({ allocated: ["2026-10"], fresh: 0 });
    expect(await lake.head("allocations/month=2026-10/part-0.parquet")).toBeDefined();
    expect(months!.processedOn).toBeGreaterThanOrEqual(Math.max(...[...built, ...failed].map(({ finishedOn }) => finishedOn!)));
    const [limits] = await byName<{ date: string; spent_usd: string }>(done, "check-limits");
    expect(limits!.processedOn).toBeGreaterThanOrEqual(months!.finishedOn!);
    expect(limits!.returnvalue.date).toBe("2026-10-20");
    expect(Number(limits!.returnvalue.spent_usd)).toBeGreaterThan(0);
    expect(limits!.finishedOn).toBeGreaterThanOrEqual(Math.max(...[...built, ...failed].map(({ finishedOn }) => finishedOn!)));
  });

  test("builds the days that a price begins to be in force on, and no others", async () => {
    await runOnce(testLedger(source, lake));
    const settings = queueSettings();
    const queues = testQueues(settings);
    const pricingOf = pricingBy([{ match: "**", from: "2026-10-21", input: 1, output: 1, web_search: 0 }]);
    testWorker({ queues, settings, ledger: testLedger(source, lake, { money: { pricingOf } }) });
    for (const built of [["2026-10-21", "2026-10-22"], []]) {
      await queues.jobs.add("nightly-export", {});
      await untilIdle(queues);
      const done = await byName<{ date: string; totals: { unpriced_requests: number } }>(await queues.jobs.getCompleted(), "build-day");
      expect(done.map(({ returnvalue }) => [returnvalue.date, returnvalue.totals.unpriced_requests]).toSorted()).toEqual(built.map((date) => [date, 0]));
      await queues.jobs.clean(0, 100, "completed");
    }
  });

  test("has nothing to build where all is fresh, and says so", async () => {
    await runOnce(testLedger(source, lake));
    const settings = queueSettings();
    const queues = testQueues(settings);
    testWorker({ queues, settings, ledger: testLedger(source, lake) });
    await queues.jobs.add("nightly-export", {});
    await untilIdle(queues);
    const done: Job[] = await queues.jobs.getCompleted();
    expect((await byName(done, "nightly-export"))[0]!.returnvalue).toEqual({ stale: 0, fresh: 3 });
    expect(await byName(done, "build-day")).toEqual([]);
    expect((await byName(done, "allocate-months")).map(({ returnvalue }) => returnvalue)).toEqual([{ allocated: [], fresh: 1 }]);
    expect(await byName(done, "check-limits")).toHaveLength(1);
  });

  test("goes on to the limits where a month cannot be allocated", async () => {
    await runOnce(testLedger(source, lake));
    const settings = queueSettings({ attempts: 1 });
    const queues = testQueues(settings);
    const broken = new HookedStore(lake, (operation, key) => {
      if (operation === "list" && key === "allocations/") throw new Error("no allocations today");
    });
    testWorker({ queues, settings, ledger: testLedger(source, broken) });
    await queues.jobs.add("nightly-export", {});
    await untilIdle(queues);
    expect(((await queues.jobs.getFailed()) as Job[]).map(({ name, failedReason }) => [name, failedReason])).toEqual([["allocate-months", "no allocations today"]]);
    expect(await byName((await queues.jobs.getCompleted()) as Job[], "check-limits")).toHaveLength(1);
  });
});

test("a job's record and log show what it did, and nothing out of records", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(source, lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  const [job] = (await queues.exports.getCompleted()) as Job<{ task: { name: string } }>[];
  const { name } = job!.data.task;
  expect(job!.progress).toEqual({ what: `ingesting ${name} of prod`, done: 1, of: 1 });
  expect((await queues.exports.getJobLogs(job!.id!)).logs).toEqual([`ingesting ${name} of prod: 1`]);
  expect(job!.returnvalue).toMatchObject({ instance: "prod", export: name, records: { quarantined: 0 }, damage: null });
  expect(JSON.stringify(job)).not.toMatch(/@|tag:|cost|token/i);
});

test("the monthly chargeback reports on the month before, in the configured time zone", async () => {
  await runOnce(testLedger(source, lake));
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(source, lake), clock: () => new Date("2026-11-01T06:00:00Z") });
  await queues.jobs.add("monthly-chargeback", {});
  await untilIdle(queues);
  const [job] = (await queues.jobs.getCompleted()) as Job[];
  expect(job!.returnvalue).toMatchObject({ month: "2026-10", files: { html: "reports/2026-10/chargeback.html" } });
  expect(await lake.head("reports/2026-10/chargeback.html")).toBeDefined();
});

test.each([[false, undefined], [true, "reports/2026-10/focus.csv"]])("the report of the month to date is of the current month; FOCUS files each night: %s", async (nightly, csv) => {
  const ledger = testLedger(source, lake);
  ledger.rules.report = { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, nightly } };
  await runOnce(ledger);
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger, clock: () => new Date("2026-10-31T22:30:00Z") });
  await queues.jobs.add("month-to-date", {});
  await untilIdle(queues);
  const [job] = (await queues.jobs.getCompleted()) as Job<unknown, { focus?: { files: { csv: string } } }>[];
  expect(job!.returnvalue).toMatchObject({ month: "2026-10", files: { html: "reports/2026-10/chargeback.html" } });
  expect(job!.returnvalue.focus?.files.csv).toBe(csv);
  expect((await lake.head("reports/2026-10/focus.parquet")) !== undefined).toBe(nightly);
});

test("the report of the month to date says nothing of a month without usage", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(source, lake), clock: () => new Date("2026-01-01T05:30:00Z") });
  await queues.jobs.add("month-to-date", {});
  await untilIdle(queues);
  const [job] = (await queues.jobs.getCompleted()) as Job[];
  expect(job!.returnvalue).toEqual({ month: "2026-01", files: {}, written: [] });
});

test("a month without usage fails once, with the reason", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(source, lake), clock: () => new Date("2026-01-01T06:00:00Z") });
  await queues.jobs.add("monthly-chargeback", {});
  await untilIdle(queues);
  const [job] = (await queues.jobs.getFailed()) as Job[];
  expect(job).toMatchObject({ attemptsMade: 1, failedReason: expect.stringContaining("[month_empty]") as string });
});

test("the archive's check names the exports of which there is no copy any more", async () => {
  mayBeIncoherent("a copy is taken away");
  await runOnce(testLedger(source, lake));
  const copies = await copiesOf(lake);
  await lake.remove(copies[0]!);
  const name = copies[0]!.slice(copies[0]!.lastIndexOf("/") + 1);
  await source.remove(name);
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(source, lake) });
  await queues.jobs.add("retention-archive", {});
  await untilIdle(queues);
  const [job] = (await queues.jobs.getCompleted()) as Job[];
  expect(job!.returnvalue).toEqual({ exports: copies.length, without_copy: [`prod ${name}`], sealed: null });
});

test("the archive's check makes the day's digests where a key is configured, once a day", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const ledger = testLedger(source, lake, signingWith());
  await runOnce(ledger);
  const exports = (await copiesOf(lake)).length;
  testWorker({ queues, settings, ledger });
  for (const sealed of [{ digests: 1, exports, events: 0 }, { digests: 0, exports: 0, events: 0 }]) {
    await queues.jobs.add("retention-archive", {});
    await untilIdle(queues);
    const [job] = await byName<{ sealed: object }>(await queues.jobs.getCompleted(), "retention-archive");
    expect(job!.returnvalue.sealed).toEqual(sealed);
    await queues.jobs.clean(0, 100, "completed");
  }
  expect((await digestsOf(lake, "prod")).map(({ header }) => [header.date, header.exports])).toEqual([["2026-10-31", exports]]);
  expect(await auditChain(lake, "prod")).toEqual([]);
});

describe("with a tracer registered", () => {
  const spans = new InMemorySpanExporter();
  beforeEach(() => trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })));
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  test("jobs are spans of OpenTelemetry", async () => {
    const settings = queueSettings({ telemetry: new BullMQOtel({ tracerName: "aperture-ledger" }) });
    const queues = testQueues(settings);
    testWorker({ queues, settings, ledger: testLedger(source, lake) });
    await queues.jobs.add("pull-exports", {});
    await untilIdle(queues);
    const names = spans.getFinishedSpans().map(({ name }) => name);
    expect(names.filter((name) => name === "add exports.ingest-export")).toHaveLength(await queues.exports.getCompletedCount());
    expect(names).toContain("process exports");
    expect(names).toContain("process jobs");
  });
});

import { utimes } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { fillHostileLake, type RealLake } from "../chargeback/real-lake.ts";
import type { PricingOf } from "../../src/lake/days/day-pricing.ts";
import { pricingBy } from "../prices/price-requests.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { HookedStore } from "../hooked-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ask, startHttp } from "./start-http.ts";

/** Values by series as they stand in the text, without the prefix. */
function parse(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^aperture_ledger_(\S+?(?:\{.*\})?) (\S+)$/.exec(line);
    if (match !== null) series.set(match[1] ?? "", Number(match[2]));
  }
  return series;
}

function emptyLake(): FsStore {
  return new FsStore(temporaryFolder());
}

describeWithFixtures("/metrics of a real lake", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins", "truncated", "bad-cost"]);
  });
  afterAll(async () => await lake.remove());

  test("say what the status says", async () => {
    const { server } = await startHttp({ lake: lake.store, clock: () => new Date("2026-10-09T00:00:00Z") });
    const { body, headers } = await ask(server.url, "/metrics");
    const series = parse(body);
    const status = await readLedgerStatus(lake.ledger);
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(status.damaged).toHaveLength(1);
    expect(status.records.quarantined).toBeGreaterThan(0);
    expect(Object.fromEntries(series)).toMatchObject({
      'exports_ingested{instance="prod"}': status.exports.ingested,
      'exports_damaged{instance="prod"}': status.damaged.length,
      'records_accepted{instance="prod"}': status.records.accepted,
      'records_quarantined{instance="prod"}': status.records.quarantined,
      'days_fresh{instance="prod"}': status.days.fresh,
      'days_stale{instance="prod"}': status.days.stale.length,
      state_read_failed: 0,
    });
    // The last of the three exports is of 22:53:22.
    expect(series.get('newest_export_age_seconds{instance="prod"}')).toBe(3998);
    let archived = 0;
    for await (const { key, size } of lake.store.list("archive/")) if (key.endsWith(".cbor.zstd")) archived += size;
    expect(series.get('archive_bytes{instance="prod"}')).toBe(archived);
  });

  test("tell how long ago the archive was sealed, and what came since", async () => {
    const clock = (): Date => new Date("2026-10-09T00:00:00Z");
    const lines = async (): Promise<Map<string, number>> => parse(await new LedgerMetrics({ lake: sealed, archive: sealed, queues: [], clock }).render());
    const sealed = new FsStore(temporaryFolder());
    const copies = { received: "archive/prod/2026/10/07/one.cbor.zstd", receipt: "archive/prod/_receipts/2026/10/07/one.json" };
    await sealed.create(copies.received, Buffer.from("1"));
    await sealed.create(copies.receipt, Buffer.from("{}"));
    expect((await lines()).has('archive_digest_age_seconds{instance="prod"}')).toBe(false);
    await sealed.create("archive/prod/_digests/2026-10-07.json", Buffer.from("{}"));
    await utimes(new URL(`${sealed.url}/archive/prod/_digests/2026-10-07.json`), new Date("2026-10-07T04:00:00Z"), new Date("2026-10-07T04:00:00Z"));
    expect((await lines()).get('archive_digest_age_seconds{instance="prod"}')).toBe(44 * 3600);
    expect((await lines()).get('archive_exports_unsealed{instance="prod"}')).toBe(1);
    await utimes(new URL(`${sealed.url}/${copies.receipt}`), new Date("2026-10-07T03:00:00Z"), new Date("2026-10-07T03:00:00Z"));
    expect((await lines()).get('archive_exports_unsealed{instance="prod"}')).toBe(0);
  });

  test("tell today's spend by the UTC date, and what it is not", async () => {
    const { totals, days } = await readLedgerStatus(lake.ledger);
    let spend = 0;
    for (let day = Date.parse(days.first ?? ""); day <= Date.parse(days.last ?? ""); day += 86_400_000) {
      const metrics = new LedgerMetrics({ lake: lake.store, queues: [], clock: () => new Date(day + 86_399_000) });
      spend += parse(await metrics.render()).get('spend_today_usd{instance="prod"}') ?? 0;
    }
    expect(spend).toBeCloseTo(Number(totals.cost_usd), 9);
    const later = new LedgerMetrics({ lake: lake.store, queues: [], clock: () => new Date("2027-01-01T00:00:00Z") });
    const text = await later.render();
    expect(parse(text).get('spend_today_usd{instance="prod"}')).toBe(0);
    expect(text).toMatch(/# HELP aperture_ledger_spend_today_usd .*not for books/);
  });

  test("tell of the days that a price has come for", async () => {
    const openPricing = (): Promise<PricingOf> => Promise.resolve(pricingBy([{ match: "m", input: 1 }]));
    const parts = { lake: lake.store, queues: [], clock: () => new Date("2026-10-09T00:00:00Z") };
    const before = parse(await new LedgerMetrics(parts).render());
    const after = parse(await new LedgerMetrics({ ...parts, openPricing }).render());
    expect(before.get('days_fresh{instance="prod"}')).toBeGreaterThan(0);
    expect(after.get('days_fresh{instance="prod"}')).toBe(0);
  });

  test("tell of a day that has to be built again", async () => {
    let now = new Date("2026-10-09T00:00:00Z");
    const metrics = new LedgerMetrics({ lake: lake.store, queues: [], clock: () => now });
    const before = parse(await metrics.render());
    const { value: table } = (await lake.store.list("rollups/")[Symbol.asyncIterator]().next()) as { value: { key: string } };
    await lake.store.replace(table.key, Buffer.concat([await lake.store.read(table.key), Buffer.from("altered")]));
    expect(parse(await metrics.render()).get('days_stale{instance="prod"}')).toBe(0);
    now = new Date(now.getTime() + 60_000);
    const after = parse(await metrics.render());
    expect(after.get('days_stale{instance="prod"}')).toBe(1);
    expect(after.get('days_fresh{instance="prod"}')).toBe((before.get('days_fresh{instance="prod"}') ?? 0) - 1);
    const status = await readLedgerStatus(lake.ledger);
    expect(status.days.stale).toHaveLength(1);
  });

  test("keep what they knew where the lake cannot be read, and say so", async () => {
    let away = false;
    let now = new Date("2026-10-09T00:00:00Z");
    const store = new HookedStore(lake.store, () => {
      if (away) throw new Error("away");
    });
    const metrics = new LedgerMetrics({ lake: store, queues: [], clock: () => now });
    const before = parse(await metrics.render());
    away = true;
    now = new Date(now.getTime() + 60_000);
    const during = parse(await metrics.render());
    expect(during.get("state_read_failed")).toBe(1);
    expect(during.get("state_read_timestamp_seconds")).toBe(before.get("state_read_timestamp_seconds"));
    expect(during.get('records_accepted{instance="prod"}')).toBe(before.get('records_accepted{instance="prod"}'));
    expect(during.get('newest_export_age_seconds{instance="prod"}')).toBe((before.get('newest_export_age_seconds{instance="prod"}') ?? 0) + 60);
    away = false;
    const after = parse(await metrics.render());
    expect(after.get("state_read_failed")).toBe(0);
    expect(after.get("state_read_timestamp_seconds")).toBe(now.getTime() / 1000);
  });

  test("read the lake once for all who ask at the same time, and not again for a minute", async () => {
    let listings = 0;
    let now = new Date("2026-10-09T00:00:00Z");
    const store = new HookedStore(lake.store, (operation, key) => {
      if (operation === "list" && key === "_ledger/exports/") listings++;
    });
    const metrics = new LedgerMetrics({ lake: store, queues: [], clock: () => now });
    await Promise.all([metrics.render(), metrics.render(), metrics.render()]);
    now = new Date(now.getTime() + 59_999);
    await metrics.render();
    expect(listings).toBe(1);
    now = new Date(now.getTime() + 1);
    await metrics.render();
    expect(listings).toBe(2);
  });
});

describe("/metrics of a worker", () => {
  test("count jobs by queue and state", async () => {
    const { server, queue } = await startHttp({ lake: emptyLake() });
    await queue.add("ingest", {});
    await queue.add("ingest", {});
    await queue.add("ingest", {}, { delay: 3_600_000 });
    const series = parse((await ask(server.url, "/metrics")).body);
    expect(series.get('jobs{queue="exports",state="waiting"}')).toBe(2);
    expect(series.get('jobs{queue="exports",state="delayed"}')).toBe(1);
    expect(series.get('jobs{queue="exports",state="failed"}')).toBe(0);
    expect(series.get('queue_read_failed{queue="exports"}')).toBe(0);
  });

  test("leave out the jobs of a queue that does not answer, and say so", async () => {
    let away = false;
    const getJobCounts = async (): Promise<Record<string, number>> => {
      if (away) throw new Error("Connection is closed.");
      return { waiting: 1 };
    };
    const metrics = new LedgerMetrics({ lake: emptyLake(), queues: [{ name: "exports", getJobCounts }], clock: () => new Date() });
    expect(parse(await metrics.render()).get('jobs{queue="exports",state="waiting"}')).toBe(1);
    away = true;
    const series = parse(await metrics.render());
    expect(series.get('queue_read_failed{queue="exports"}')).toBe(1);
    expect([...series.keys()].filter((name) => name.startsWith("jobs{"))).toEqual([]);
  });

  test("tell what jobs did", async () => {
    const { server, metrics } = await startHttp({ lake: emptyLake() });
    metrics.jobFinished({ name: "ingest-export", outcome: "completed", seconds: 2 });
    metrics.jobFinished({ name: "ingest-export", outcome: "completed", seconds: 4 });
    metrics.jobFinished({ name: "ingest-export", outcome: "handed back", seconds: 1 });
    metrics.exportsSeen("prod", 7);
    metrics.exportsSeen("prod", 8);
    const ingested = { instance: "prod", accepted: 1, quarantined: 0, damaged: false };
    metrics.exportIngested({ ...ingested, bytes: 1000, lagSeconds: 400 });
    metrics.exportIngested({ ...ingested, bytes: 500, lagSeconds: -3 });
    const { body } = await ask(server.url, "/metrics");
    expect(Object.fromEntries(parse(body))).toMatchObject({
      'job_duration_seconds_count{job="ingest-export",outcome="completed"}': 2,
      'job_duration_seconds_sum{job="ingest-export",outcome="completed"}': 6,
      'job_duration_seconds_count{job="ingest-export",outcome="handed_back"}': 1,
      'exports_seen{instance="prod"}': 8,
      'export_bytes_ingested_total{instance="prod"}': 1500,
      'export_lag_seconds_count{instance="prod"}': 2,
      'export_lag_seconds_sum{instance="prod"}': 400,
      'export_lag_seconds_bucket{le="300",instance="prod"}': 1,
      'export_lag_seconds_bucket{le="900",instance="prod"}': 2,
    });
    expect(body).toContain("process_cpu_seconds_total");
  });
});

import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceJson } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { openExplorer, type ExploreLimits, type Explorer } from "../../src/explore/open-explorer.ts";
import { utcDate } from "../../src/ledger/months.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import { describeDay } from "../bench/month-days.ts";
import { buildRecords } from "../chargeback/built-month.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { afterEachTest } from "../tidy-up.ts";

/** A request as tests write it: what they say, and the rest of a plain one. */
export interface Asked extends Partial<Omit<UsageRecord, "ts" | "cost">> {
  /** ISO time. */
  at: string;
  /** Nanodollars; by default none. */
  cost?: bigint | null;
}

const PLAIN: UsageRecord = {
  ts: 0, instance: "prod", recordId: null, captureId: null, sessionId: null, nodeId: null, caller: "ann@example.com", callerType: "user", tags: [], agent: null, userAgent: null,
  provider: "anthropic", model: "opus", modelRecorded: "opus", apiType: null, path: null, statusCode: 200, durationMs: null, tokens: NO_TOKENS, unknownCounts: new Map(), cost: null,
  costSource: "none", costBasis: null, priceVersion: null, billing: "metered", billingAssumed: false, toolCalls: 0, tools: [], dimensions: {}, partial: false, export: "one", terms: NO_TERMS,
};

export function request({ at, ...asked }: Asked): UsageRecord {
  return { ...PLAIN, ...asked, ts: Date.parse(at) * 1000 };
}

/** A lake with the usage and rollups of these requests, and the manifests of their days. */
export async function lakeOfRequests(records: readonly UsageRecord[]): Promise<{ folder: string; lake: FsStore }> {
  const folder = temporaryFolder();
  const lake = new FsStore(folder);
  for (const [instance, own] of Map.groupBy(records, (record) => record.instance)) await addRequests(lake, folder, instance, own);
  return { folder, lake };
}

/** Builds the days of one gateway's requests; a day that exists is replaced. */
export async function addRequests(lake: ObjectStore, folder: string, instance: string, records: readonly UsageRecord[]): Promise<void> {
  const built = await buildRecords(temporaryFolder(), records);
  const dates = [...new Set(records.map(({ ts }) => utcDate(new Date(ts / 1000))))].sort();
  for (const [index, date] of dates.entries()) {
    await place(built.usage[index] ?? "", join(folder, layout.usage(date, instance)));
    await place(built.rollups[index] ?? "", join(folder, layout.rollups(date, instance)));
    await replaceJson(lake, layout.dayManifest(date, instance), await describeDay(lake, folder, date, instance));
  }
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

interface Opened {
  timezone?: string;
  dimensions?: readonly string[];
  now?: string;
  limits?: Partial<ExploreLimits>;
}

/** An explorer on a lake, which is closed after the test. */
export function explorerOf(lake: ObjectStore, { timezone = "UTC", dimensions = ["repo"], now = "2026-11-30T12:00:00Z", limits = {} }: Opened = {}): Explorer {
  const explorer = openExplorer({ lake, timezone, dimensions, clock: () => new Date(now), limits });
  closers.push(explorer);
  return explorer;
}

const closers: Explorer[] = [];
afterEachTest(async () => {
  for (const explorer of closers.splice(0)) await explorer.close();
});

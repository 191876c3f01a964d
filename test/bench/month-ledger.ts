import { join } from "node:path";
import { changeLedger } from "../change-ledger.ts";
import { query } from "../query.ts";
import { plainLedger } from "../plain-ledger.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { boundMonth, utcDates } from "../../src/ledger/months.ts";
import { NOTHING_ASSUMED } from "../../src/lake/days/assumed-billing.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import type { WrittenTable } from "../../src/lake/landing/export-manifest.ts";
import { layout } from "../../src/lake/layout.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import type { PriceSources } from "../../src/prices/list/price-days.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { NO_TEAMS } from "../no-teams.ts";

export const INSTANCE = "bench";
export const MONTH = boundMonth("2026-10", "UTC");
export const DAYS = utcDates(MONTH);
export const MODELS = ["opus-1", "opus-2", "sonnet-1", "sonnet-2", "haiku-1", "haiku-2"] as const;
export const PEOPLE = 5000;
export const REPOSITORIES = 20;
const TEAMS = 200;

/** What a month took. */
export interface MonthMeasured {
  /** From its tables in the lake to what is made of them, the database's start included. */
  seconds: number;
  residentMiB: number;
  /** Of what was made. */
  rows: number;
}

/** Each person is in one team; what the machines use is spread over all teams, and one model has a discount. */
const ALLOCATION: AllocationSettings = {
  ...NO_TEAMS,
  teams: [
    ...Array.from({ length: TEAMS }, (_, team) => ({
      name: `team-${String(team)}`,
      cost_center: `CC-${String(team)}`,
      members: Array.from({ length: PEOPLE / TEAMS }, (__, member) => `user${String(member * TEAMS + team)}@example.com`),
    })),
    { name: "platform", members: ["tag:ci"] },
  ],
  pools: [{ name: "shared CI", when: new Map([["team", "platform"]]), spread: "proportional" }],
  adjustments: [{ name: "committed use", when: new Map([["model", "opus-1"]]), percent: -10 }],
};

const PRICES: PriceSources = {
  list: compilePriceList(MODELS.map((match) => ({ match, input: 3, output: 15, cached: 0.3, cache_write_5m: 3.75 })), "UTC"),
  gateways: new Map(),
};

/** What the jobs of a month's chargeback work with, on the lake that `month-lake.ts` wrote. */
export async function openMonth(folder: string) {
  const lake = new FsStore(folder);
  const table = async (key: string): Promise<WrittenTable> => {
    const entry = await lake.head(key);
    if (entry === undefined) throw new Error(`no ${key} in ${folder}`);
    const file = join(folder, key);
    const [{ rows } = { rows: 0 }] = await query(`SELECT num_rows::DOUBLE AS rows FROM parquet_file_metadata(${sqlText(file)})`);
    return { key, etag: entry.etag, size: entry.size, sha256: await sha256OfFile(file), rows: Number(rows) };
  };
  const days: DayManifest[] = [];
  for (const date of DAYS) {
    days.push({
      format: 1, date, instance: INSTANCE, build: 1, pricing: "", inputs: [], duplicates: 0, identifiers_used_again: 0, assumed_billing: NOTHING_ASSUMED,
      usage: await table(layout.usage(date, INSTANCE)),
      rollups: await table(layout.rollups(date, INSTANCE)),
      unknown_counts: [],
      totals: { requests: 0, cost_usd: "0.000000000", unpriced_requests: 0 },
    });
  }
  return { ...changeLedger(plainLedger(lake, lake), { rules: { allocation: ALLOCATION }, money: { prices: PRICES } }), days };
}

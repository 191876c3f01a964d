import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { landExport } from "../../src/ingest/land-export.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import type { PricingOf } from "../../src/lake/days/day-pricing.ts";
import { writeUsage } from "../../src/lake/days/day-tables.ts";
import { readLandedDay } from "../../src/lake/days/landed-day.ts";
import { dayPricing } from "../../src/prices/list/price-days.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts, type WrittenProviderCounts } from "../../src/prices/list/provider-counts.ts";
import type { GatewayProvider } from "../../src/ledger/gateway/gateway-providers.ts";
import type { Terms } from "../../src/ledger/usage/terms.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";

/** Of a request as the gateway records it, what a price depends on. */
export interface Request {
  model: string;
  api_type?: string;
  /** 2026-10-05 at noon unless said otherwise. */
  at?: string;
  usage: Record<string, number>;
  dollars?: number;
  cost_basis?: string;
  /** What the captured answer says of its terms. */
  terms?: Partial<Terms>;
}

export interface Priced {
  cost_usd: string | null;
  cost_source: string;
  cost_basis: string | null;
  price_version: string | null;
  billing: string;
}

const FIRST_EXPORT = 1_793_000_000;

/** Writes one export with the requests, numbered in their order, and says where. */
export function addExport(folder: string, requests: readonly Request[], number = 0): string {
  const records = requests.map(({ model, api_type, at = "2026-10-05T12:00:00Z", usage, dollars, cost_basis, terms }, index) =>
    encode({
      id: number * 1000 + index,
      capture_id: `capture-${number}-${index}`,
      timestamp: at,
      identity: { login_name: "a@example.com" },
      model,
      ...(api_type === undefined ? {} : { api_type }),
      usage,
      ...(dollars === undefined ? {} : { estimated_cost: { dollars, ...(cost_basis === undefined ? {} : { cost_basis }) } }),
      status_code: 200,
      ...(terms === undefined ? {} : { capture: { responseBody: { usage: terms } } }),
    }),
  );
  const file = join(folder, `ts-aperture-export-${FIRST_EXPORT + number}.cbor.zstd`);
  writeFileSync(file, zstdCompressSync(Buffer.concat(records)));
  return file;
}

/** A provider of the gateway's configuration of which nothing is known but what is given. */
export function provider(id: string, known: Partial<GatewayProvider> = {}): GatewayProvider {
  return { id, authMode: "override", models: [], tailnet: false, disabled: false, preference: 0, modelCostMap: [], ...known };
}

export interface Gateway {
  /** As the gateway's configuration is from that time on. */
  kept?: { taken_at: string; providers: GatewayProvider[] }[];
  timezone?: string;
  /** What the configuration says of the counts of whole providers. */
  counts?: readonly WrittenProviderCounts[];
}

export function pricingBy(entries: readonly PriceEntry[], { kept = [], timezone = "UTC", counts = [] }: Gateway = {}): PricingOf {
  return dayPricing({ list: compilePriceList(entries, timezone), gateways: new Map([["prod", kept]]), counts: compileProviderCounts(counts, timezone) });
}

/** What the requests cost in the usage tables of their days, built from their export with such prices, in their order. */
export async function priceRequests(requests: readonly Request[], entries: readonly PriceEntry[], gateway: Gateway = {}): Promise<Priced[]> {
  const folder = temporaryFolder();
  const file = addExport(folder, requests);
  const history = (gateway.kept ?? []).map(({ taken_at, providers }, index) => ({ from: index === 0 ? null : Date.parse(taken_at), providers }));
  const rules = { instance: "prod", gateway: history, dimensions: new Map() };
  const landed = await landExport({ name: basename(file), file, workspace: folder, time: new Date(FIRST_EXPORT * 1000), version: 0, rules });
  const pricingOf = pricingBy(entries, gateway);
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    for (const { date, file: landing } of landed.files) {
      const tables = join(folder, "usage", `date=${date}`);
      mkdirSync(tables, { recursive: true });
      await writeUsage(duck, await readLandedDay(duck, [landing]), join(tables, "prod.parquet"), pricingOf(date, "prod"));
    }
  });
  return await readPriced(folder);
}

export async function readPriced(lake: string): Promise<Priced[]> {
  const rows = await query(`SELECT cost_usd::VARCHAR AS cost_usd, cost_source, cost_basis, price_version, billing
    FROM read_parquet('${lake}/usage/*/*.parquet', hive_partitioning = false) ORDER BY record_id`);
  return rows as unknown as Priced[];
}

/** What one request costs by one entry; null where it stays unpriced. */
export async function costOf(request: Partial<Request> & Pick<Request, "usage">, entry: Partial<PriceEntry> & Pick<PriceEntry, "input">): Promise<string | null> {
  const [priced] = await priceRequests([{ model: "m", ...request }], [{ match: "m", ...entry }]);
  return priced!.cost_usd;
}

import type { Ledger } from "../../src/open/ledger.ts";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { writeFocus, type WrittenFocus } from "../../src/chargeback/export-focus.ts";
import { FOCUS_FILES, type FocusSettings } from "../../src/chargeback/focus/focus-settings.ts";
import { withMonthTables } from "../../src/chargeback/gathering/month-tables.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import type { Correction } from "../../src/chargeback/corrections/correction.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { dayPricing, type PriceSources } from "../../src/prices/list/price-days.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts } from "../../src/prices/list/provider-counts.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { testLedger } from "../test-ledger.ts";

const ALLOCATION = join(import.meta.dirname, "../allocation/autumn/aperture-ledger.yaml");

/** What the gateway's estimates of autumn go by; gemini is left out, and so has no list price. */
export const AUTUMN_PRICES: readonly PriceEntry[] = [
  { match: "claude-sonnet-4-6", input: 3, output: 15, cached: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, web_search: 0.01 },
  { match: "claude-haiku-4-5", input: 1, output: 5, cached: 0.1, cache_write_5m: 1.25, cache_write_1h: 2, web_search: 0.01 },
  { match: "claude-opus-4-8", input: 5, output: 25, cached: 0.5, cache_write_5m: 6.25, cache_write_1h: 10, web_search: 0.01 },
  { match: "claude-sonnet-4-5", input: 3.3, output: 16.5, cached: 0.33, cache_write_5m: 4.125, cache_write_1h: 6.6, web_search: 0.01 },
  { match: "gpt-5", input: 1.25, output: 10, cached: 0.125, web_search: 0.01, tiers: [{ above: 60_000, input: 2.5, output: 15 }] },
  { match: "gpt-5-mini", input: 0.25, output: 2, cached: 0.025, web_search: 0.01 },
  { match: "private-llm/qwen3-coder-30b", from: "2026-10-01", input: 0.1, output: "0.40", web_search: 0, billing: "self_hosted" },
];

/** The autumn exports in a lake, with teams, discounts, subscriptions and a price list that does not have everything. */
export async function fillAutumn(pathOf: (name: string) => string, lake: FsStore, entries = AUTUMN_PRICES): Promise<Ledger> {
  const config = checkConfig(parse(readFileSync(ALLOCATION, "utf8")), "aperture-ledger.yaml");
  const policy = parsePolicy(readFileSync(pathOf("policy.hujson"), "utf8"), "policy.hujson");
  const allocation = allocationSettings(config, [{ date: "2026-09-01", ...policy }]);
  const providers = [...parseGatewayProviders(readFileSync(pathOf("aperture-config.hujson"), "utf8"), "the fixture")];
  const prices: PriceSources = {
    list: compilePriceList(entries, "UTC"),
    gateways: new Map([["prod", [{ taken_at: "2026-09-01T00:00:00Z", providers }]]]),
    // No count of the exports is within another.
    counts: compileProviderCounts([{ provider: "*", counts: { cached: "beside", cache_writes: "beside", reasoning: "beside" } }], "UTC"),
  };
  const ledger = testLedger(new FsStore(pathOf("autumn")), lake, { rules: { allocation }, money: { pricingOf: dayPricing(prices), prices } });
  await runOnce(ledger);
  return ledger;
}

/** A month's export in a local folder. */
export async function exportOf(ledger: Ledger, month: string, folder: string, corrections: readonly Correction[] = [], { detail = "caller", version = "1.2" }: Partial<Pick<FocusSettings, "detail" | "version">> = {}): Promise<Omit<WrittenFocus, "files"> & { files: { csv: string; parquet: string } }> {
  const { days } = await loadLedgerState(ledger.stores.lake);
  return await withMonthTables(ledger, boundMonth(month, ledger.rules.allocation.timezone), [...days.values()], async (tables) => {
    const { files, ...written } = await writeFocus(tables, { prices: ledger.money.prices, settings: { version, detail, formats: ["csv", "parquet"] }, allocation: ledger.rules.allocation }, { corrections });
    const kept = { csv: join(folder, FOCUS_FILES.csv), parquet: join(folder, FOCUS_FILES.parquet) };
    for (const format of ["csv", "parquet"] as const) copyFileSync(files[format] ?? "", kept[format]);
    return { ...written, files: kept };
  });
}

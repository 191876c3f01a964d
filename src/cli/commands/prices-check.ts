import { checkPrices } from "../../prices/check-prices.ts";
import { boundMonth } from "../../ledger/months.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { formatBillionths, formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import type { Drift, ModelDrift, PriceDrift, TypeDrift } from "../../prices/drift/find-drift.ts";
import { openLake } from "../../open/open-stores.ts";
import { openPrices } from "../../open/configured-prices.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJsonText } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";

export interface PricesCheckFlags extends SettingFlags {
  /** `YYYY-MM` */
  month?: string;
  json?: boolean;
  strict?: boolean;
}

/** Exit code 3: the gateway's estimates differ from the list. */
const DRIFTS = 3;

/** Shows where the gateway's estimates and the price list differ. Resolves to the exit code. */
export async function checkPriceList(flags: PricesCheckFlags): Promise<number> {
  const config = await loadSettings(flags);
  const month = flags.month === undefined ? undefined : boundMonth(flags.month, config.timezone);
  const lake = await openLake(config);
  const sources = await openPrices(config, await loadGatewaySnapshots(lake));
  if (sources.list.length === 0) {
    throw new LedgerError("usage", "no prices are given", {
      remedy: "write what models cost under prices: in aperture-ledger.yaml, or where a file with that is",
    });
  }
  const models = await checkPrices(lake, sources, month);
  const period = { month: month?.name ?? null, timezone: config.timezone };
  if (flags.json) printJsonText(JSON.stringify({ ...period, models: models.map(modelJson) }, writeCount, 2));
  else print(...firstLines(models, describeModel));
  return flags.strict && models.some(({ differing }) => differing > 0n) ? DRIFTS : 0;
}

function describeModel({ provider, model, uncovered, prices, ...drift }: ModelDrift): string[] {
  const lines = [`${provider}/${model}: ${describeDrift(drift)}`];
  if (uncovered.requests > 0n) {
    lines.push(`  ${uncovered.requests} more requests, recorded $${formatDollars(uncovered.recorded)}, have no price in the list, or a count that has none there`);
  }
  return [...lines, ...prices.filter(({ differing }) => differing > 0n).flatMap(describePrice)];
}

function describeDrift({ requests, differing, agreeingApart, recorded, listed, drift }: Drift): string {
  if (requests === 0n) return "no request has a price in the list";
  const amounts = `recorded $${formatDollars(recorded)}, list $${formatDollars(listed)}, drift $${formatDollars(drift)}`;
  const apart = agreeingApart === 0n ? "" : `, ${agreeingApart} of them not if no count is part of another`;
  return `${requests} requests, ${amounts}${differing === 0n ? "" : `; ${differing} requests differ${apart}`}`;
}

function describePrice({ apiType, version, types, ...drift }: PriceDrift): string[] {
  return [`  ${version} (${apiType ?? "no api_type"}): ${describeDrift(drift)}`, ...types.map(describeType)];
}

function describeType({ type, tokens, listed, implied, drift }: TypeDrift): string {
  const rates = `list $${shortRate(listed)}`;
  const found = implied === null || drift === null ? "recorded: undetermined" : `recorded $${shortRate(implied)}, drift $${formatDollars(drift)}`;
  return `    ${type.padEnd(14)} ${String(tokens).padStart(15)} ${rates}, ${found}`;
}

/** `15.000000000` → `15`. */
function shortRate(billionths: bigint): string {
  return formatBillionths(billionths);
}

function modelJson({ provider, model, uncovered, prices, ...drift }: ModelDrift): object {
  return {
    provider,
    model,
    ...driftJson(drift),
    uncovered_requests: uncovered.requests,
    uncovered_recorded_usd: formatDollars(uncovered.recorded),
    prices: prices.map(({ apiType, version, types, ...of }) => ({
      price_version: version,
      api_type: apiType,
      ...driftJson(of),
      token_types: types.map(typeJson),
    })),
  };
}

function driftJson({ requests, differing, agreeingApart, recorded, listed, drift }: Drift): object {
  return {
    requests,
    differing_requests: differing,
    agreeing_if_counts_are_apart: agreeingApart,
    recorded_usd: formatDollars(recorded),
    list_usd: formatDollars(listed),
    drift_usd: formatDollars(drift),
  };
}

/** Rates are per million tokens, or per search; null where the records do not determine them. */
function typeJson({ type, tokens, listed, implied, drift }: TypeDrift): object {
  return {
    type,
    tokens,
    list_rate_usd: formatDollars(listed),
    recorded_rate_usd: formatDollarsOrNull(implied),
    drift_usd: formatDollarsOrNull(drift),
  };
}

function writeCount(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}

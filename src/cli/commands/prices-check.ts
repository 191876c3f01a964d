import { checkPrices } from "../../prices/check-prices.ts";
import type { Clock } from "../../ledger/clock.ts";
import { boundMonth } from "../../ledger/months.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatBillionths, formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import type { Drift, ModelDrift, PriceDrift, TypeDrift } from "../../prices/drift/find-drift.ts";
import { contradictionJson, describeContradiction } from "./describe-contradictions.ts";
import { openLake } from "../../open/open-stores.ts";
import { openPrices } from "../../open/configured-prices.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJsonText } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { showMoney } from "../shown-money.ts";

export interface PricesCheckFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  json?: boolean;
  strict?: boolean;
}

/** Exit code 3: the gateway's estimates differ from the list, or from the gateway's own catalogue. */
const DRIFTS = 3;

/** Shows where the gateway's estimates and the price list differ. Resolves to the exit code. */
export async function checkPriceList(flags: PricesCheckFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const wanted = flags.month === undefined ? undefined : monthOfFlag(flags.month, "last", config.timezone, clock());
  const month = wanted && boundMonth(wanted.name, config.timezone);
  const lake = await openLake(config);
  const sources = await openPrices(config, lake);
  const hasCatalogue = sources.catalogues !== undefined && sources.catalogues.size > 0;
  if (sources.list.length === 0 && !hasCatalogue) {
    throw new LedgerError("usage", "no prices are given", {
      remedy: "list the models' prices under prices: in aperture-ledger.yaml, or give the path of a file with them",
    });
  }
  const byList = sources.list.length === 0 ? undefined : await checkPrices(lake, { ...sources, catalogues: undefined }, month);
  const byCatalogue = hasCatalogue ? await checkPrices(lake, { ...sources, list: [] }, month) : undefined;
  const [models, catalogue] = [byList?.models ?? [], byCatalogue?.models];
  // Estimates are compared with each other, whatever prices they are compared with.
  const contradictions = (byList ?? byCatalogue)?.contradictions ?? [];
  const period = { month: month?.name ?? null, timezone: config.timezone };
  if (flags.json) printJsonText(JSON.stringify({ ...period, models: models.map(modelJson), ...(catalogue === undefined ? {} : { catalogue: catalogue.map(modelJson) }), contradictions: contradictions.map(contradictionJson) }, writeCount, 2));
  else print(...(wanted?.said ?? []), ...firstLines(models, describeModel), ...firstLines(catalogue ?? [], describeReproduction), ...firstLines(contradictions, describeContradiction));
  return flags.strict && [...models, ...(catalogue ?? [])].some(({ differing }) => differing > 0n) ? DRIFTS : 0;
}

/** Compares the gateway's estimates with the prices of its catalogue. A request without a price in the catalogue is not a difference. */
function describeReproduction({ provider, model, uncovered, prices, ...drift }: ModelDrift): string[] {
  const name = `${provider}/${model}`;
  const without = uncovered.requests === 0n ? [] : [`catalogue: ${name}: no price for ${uncovered.requests} requests, recorded ${showMoney(uncovered.recorded)}`];
  if (drift.requests === 0n) return without;
  if (drift.differing === 0n) return [`catalogue: ${name}: ${drift.requests} requests, all reproduced to within a nanodollar`, ...without];
  const said = `catalogue: ${name}: ${drift.differing} of ${drift.requests} requests are not reproduced, recorded ${showMoney(drift.recorded)}, catalogue ${showMoney(drift.listed)}, difference ${showMoney(drift.drift)}`;
  return [said, ...prices.filter(({ differing }) => differing > 0n).flatMap((price) => describePrice(price, "catalogue")), ...without];
}

function describeModel({ provider, model, uncovered, prices, ...drift }: ModelDrift): string[] {
  const lines = [`${provider}/${model}: ${describeDrift(drift)}`];
  if (uncovered.requests > 0n) {
    lines.push(`  ${uncovered.requests} more requests, recorded ${showMoney(uncovered.recorded)}, have no price in the list, or a count without a price there`);
  }
  return [...lines, ...prices.filter(({ differing }) => differing > 0n).flatMap((price) => describePrice(price, "list"))];
}

/** What the gateway's estimates are compared with. */
type Comparand = "list" | "catalogue";

function describeDrift({ requests, differing, agreeingApart, recorded, listed, drift }: Drift, by: Comparand = "list"): string {
  if (requests === 0n) return "no request has a price in the list";
  const amounts = `recorded ${showMoney(recorded)}, ${by} ${showMoney(listed)}, drift ${showMoney(drift)}`;
  const apart = agreeingApart === 0n ? "" : `, but ${agreeingApart} of them would agree if no count were part of another`;
  return `${requests} requests, ${amounts}${differing === 0n ? "" : `; ${differing} requests differ${apart}`}`;
}

function describePrice({ apiType, version, types, ...drift }: PriceDrift, by: Comparand): string[] {
  return [`  ${version} (${apiType ?? "no api_type"}): ${describeDrift(drift, by)}`, ...types.map((type) => describeType(type, by))];
}

function describeType({ type, tokens, listed, implied, drift }: TypeDrift, by: Comparand): string {
  const rates = `${by} $${shortRate(listed)}`;
  const found = implied === null || drift === null ? "recorded: undetermined" : `recorded $${shortRate(implied)}, drift ${showMoney(drift)}`;
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

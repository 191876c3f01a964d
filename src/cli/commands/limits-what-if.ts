import type { z } from "zod";
import { type Supposed, supposeQuotas } from "../../limits/replaying/replay-quotas.ts";
import { dollarsText, rateText } from "../../aperture/gateway/quota-amounts.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";
import { bucketJson, ruleJson, showRule } from "./describe-quotas.ts";
import { openLake } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { showMoney } from "../shown-money.ts";
import { spanOfFlags } from "../span-of-flags.ts";
import { print, printJson } from "../terminal.ts";

export interface WhatIfFlags extends SettingFlags {
  bucket: string;
  rate: string;
  capacity?: string;
  month?: string;
  json?: boolean;
}

/** Shows what a different rate or capacity of a bucket would have stopped or allowed, compared with its own. */
export async function limitsWhatIf(flags: WhatIfFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { bucket } = flags;
  const rate = readFlag(rateText, "--rate", flags.rate);
  const capacity = flags.capacity === undefined ? undefined : readFlag(dollarsText, "--capacity", flags.capacity);
  const { name, from, to } = spanOfFlags(flags, config.timezone, clock());
  const span = { from, to, timezone: config.timezone };
  const [asItIs, supposed] = await supposeQuotas(await openLake(config), span, [{ bucket }, { bucket, rate, capacity }]);
  if (asItIs === undefined || supposed === undefined) throw new RangeError("each of the two suppositions has an outcome");
  if (flags.json) {
    printJson({ span: name, from, to, timezone: config.timezone, bucket, as_configured: outcomeJson(asItIs), supposed: outcomeJson(supposed) });
    return 0;
  }
  const lines = [
    `what if      ${bucket} in ${name}, until ${to.toISOString()}`,
    ...describe("configured", asItIs),
    ...describe("supposed", supposed),
    ...(supposed.outcome.allowed.requests + asItIs.outcome.allowed.requests === 0
      ? []
      : ["", "Nobody knows what rejected requests would have cost: the estimate is the mean of each caller's priced requests, and is not charged to any bucket."]),
  ];
  print(...lines);
  return 0;
}

function readFlag<Value>(shape: z.ZodType<Value>, flag: string, text: string): Value {
  const parsed = shape.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new LedgerError("usage", `${flag}: ${parsed.error.issues[0]?.message ?? "cannot be read"}`, { remedy: 'for example --rate "$5.00/day" --capacity "$10.00"' });
}

function describe(label: string, { buckets, outcome: { stopped, allowed } }: Supposed): string[] {
  const rules = [...new Set(buckets.map(({ rule }) => showRule(rule)))];
  const unpriced = stopped.unpriced === 0 ? "" : `, ${String(stopped.unpriced)} of them without a price`;
  const unknown = allowed.withoutEstimate === 0 ? "" : `, ${String(allowed.withoutEstimate)} of them by callers without any priced request`;
  return [
    `${label.padEnd(12)} ${rules.length === 0 ? "no request used it" : rules.join("; ")}`,
    `             stops ${String(stopped.requests)} requests that cost ${showMoney(stopped.cost)}${unpriced}`,
    `             allows ${String(allowed.requests)} requests that were rejected with 429: estimated ${showMoney(allowed.estimate)}${unknown}`,
  ];
}

function outcomeJson({ buckets, outcome: { stopped, allowed } }: Supposed): object {
  return {
    rules: [...new Map(buckets.map(({ rule }) => [JSON.stringify(ruleJson(rule)), ruleJson(rule)])).values()],
    stopped: { requests: stopped.requests, cost_usd: formatDollars(stopped.cost), unpriced_requests: stopped.unpriced },
    allowed: { requests: allowed.requests, estimated_usd: formatDollars(allowed.estimate), requests_without_estimate: allowed.withoutEstimate },
    buckets: buckets.map((bucket) => bucketJson(bucket, undefined)),
  };
}

import { unitOf } from "../../aperture/gateway/quota-amounts.ts";
import { driftOf, type QuotaDrift, type RecordedBalance } from "../../limits/quotas/quota-drift.ts";
import type { ReplayedBucket } from "../../limits/quotas/replay-buckets.ts";
import { formatDollars, formatDollarsOrNull, type Nanodollars, signDollar } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";

const MICROS_PER_MINUTE = 60_000_000n;

export function showDollars(amount: Nanodollars): string {
  return signDollar(formatDollars(amount));
}

/** `$10.000000000 at most, $5.000000000/day`. */
export function showRule({ capacity, rate }: Pick<QuotaRule, "capacity" | "rate">): string {
  return `${showDollars(capacity)} at most, ${showDollars(rate.amount)}/${unitOf(rate)}`;
}

export function ruleJson({ name, capacity, rate }: QuotaRule): object {
  return { quota: name, capacity_usd: formatDollars(capacity), rate_usd: formatDollars(rate.amount), rate_unit: unitOf(rate) };
}

export function bucketJson({ instance, name, rule, requests, charged, lowest, emptyMicros, rejected, refused, wouldReject, last, hours }: ReplayedBucket, drift: QuotaDrift | undefined): object {
  return {
    instance,
    bucket: name,
    ...ruleJson(rule),
    requests,
    charged_usd: formatDollars(charged),
    lowest_usd: formatDollars(lowest.balance),
    lowest_at: timeOf(lowest.at),
    empty_minutes: minutesOf(emptyMicros),
    rejected,
    refused,
    would_reject: wouldReject,
    last_usd: formatDollars(last.balance),
    last_at: timeOf(last.at),
    hours: hours.map(({ at, balance }) => ({ hour: timeOf(at), lowest_usd: formatDollars(balance) })),
    recorded: drift === undefined ? null : driftJson(drift),
  };
}

export function driftJson({ samples, last, largest }: QuotaDrift): object {
  return { samples, last: recordedJson(last), largest_drift: recordedJson(largest) };
}

function recordedJson(seen: RecordedBalance): object {
  const drift = driftOf(seen);
  return {
    at: seen.at,
    recorded_usd: formatDollars(seen.recorded),
    replayed_usd: formatDollarsOrNull(seen.replayed),
    drift_usd: formatDollarsOrNull(drift),
  };
}

export function describeBucket({ instance, name, rule, requests, charged, lowest, emptyMicros, rejected, refused, wouldReject, last }: ReplayedBucket, drift: QuotaDrift | undefined): string[] {
  return [
    `bucket       ${name} of ${instance}: ${showRule(rule)}`,
    `             ${String(requests)} requests charged ${showDollars(charged)}, ${showDollars(last.balance)} left at ${timeOf(last.at)}`,
    `             lowest ${showDollars(lowest.balance)} at ${timeOf(lowest.at)}, empty for ${String(minutesOf(emptyMicros))} minutes`,
    `             ${String(rejected)} rejected with 429, ${String(refused)} refused, ${String(wouldReject)} let through that the replay finds empty`,
    ...(drift === undefined ? [] : [`             ${describeDrift(drift)}`]),
  ];
}

export function describeDrift({ samples, last, largest }: QuotaDrift): string {
  const replayed = last.replayed === null ? "no request for it is in the ledger" : `the replay has ${showDollars(last.replayed)}`;
  const drift = driftOf(last);
  const off = drift === null ? "" : `, drift ${showDollars(drift)}, at most ${showDollars(driftOf(largest) ?? 0n)} in ${String(samples)} samples`;
  return `the gateway said ${showDollars(last.recorded)} at ${last.at.toISOString()}; ${replayed}${off}`;
}

function timeOf(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString();
}

/** With three decimals. */
function minutesOf(micros: bigint): number {
  return Number((micros * 1000n) / MICROS_PER_MINUTE) / 1000;
}

import { unitOf } from "../../aperture/gateway/quota-amounts.ts";
import { type BalanceStep, driftOf, type QuotaDrift, type RecordedBalance } from "../../limits/quotas/quota-drift.ts";
import type { ReplayedBucket } from "../../limits/quotas/replay-buckets.ts";
import type { ChainFigures } from "../../limits/quotas/replayed-chains.ts";
import { formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import { firstLines } from "../first-lines.ts";
import { showMoney } from "../shown-money.ts";

/** Limit of lines per bucket without `--all`. */
const MOST_STEPS = 5;
const MICROS_PER_MINUTE = 60_000_000n;

/** `$10.00 at most, $5.00/day`. */
export function showRule({ capacity, rate }: Pick<QuotaRule, "capacity" | "rate">): string {
  return `${showMoney(capacity)} at most, ${showMoney(rate.amount)}/${unitOf(rate)}`;
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

export function driftJson({ samples, last, largest, steps }: QuotaDrift): object {
  return { samples, last: recordedJson(last), largest_drift: recordedJson(largest), steps: steps.map(({ after, before, amount }) => ({ after, before, amount_usd: formatDollars(amount) })) };
}

export function chainJson({ instance, buckets, requests, wouldReject, last, blockedUntil }: ChainFigures): object {
  return {
    instance,
    buckets,
    requests,
    would_reject: wouldReject,
    last_usd: formatDollars(last),
    blocked: blockedUntil !== undefined,
    blocked_until: typeof blockedUntil === "bigint" ? timeOf(blockedUntil) : null,
  };
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
    `             ${String(requests)} requests charged ${showMoney(charged)}, ${showMoney(last.balance)} left at ${timeOf(last.at)}`,
    `             lowest ${showMoney(lowest.balance)} at ${timeOf(lowest.at)}, empty for ${String(minutesOf(emptyMicros))} minutes`,
    `             ${String(rejected)} rejected with 429, ${String(refused)} refused, ${String(wouldReject)} let through although the bucket is empty in the replay`,
    ...(drift === undefined ? [] : describeDrift(drift)),
  ];
}

export function describeChain({ instance, buckets, requests, wouldReject, last, blockedUntil }: ChainFigures): string[] {
  const blocked = blockedUntil === undefined ? "" : blockedUntil === null ? ", blocked: refills alone do not open it" : `, blocked until ${timeOf(blockedUntil)} if nothing is added`;
  return [
    `chain        ${buckets.join(", then ")} of ${instance}`,
    `             ${String(requests)} requests, ${showMoney(last)} left together${blocked}; ${String(wouldReject)} let through although the chain is blocked in the replay`,
  ];
}

export function describeDrift({ samples, last, largest, steps }: QuotaDrift): string[] {
  const replayed = last.replayed === null ? "no request for it is in the ledger" : `the replay has ${showMoney(last.replayed)}`;
  const drift = driftOf(last);
  const off = drift === null ? "" : `, drift ${showMoney(drift)}, at most ${showMoney(driftOf(largest) ?? 0n)} in ${String(samples)} samples`;
  return [
    `             the gateway said ${showMoney(last.recorded)} at ${last.at.toISOString()}; ${replayed}${off}`,
    ...firstLines(steps, (step) => `             ${describeStep(step)}`, { most: MOST_STEPS }),
  ];
}

function describeStep({ after, before, amount }: BalanceStep): string {
  const when = `between ${after.toISOString()} and ${before.toISOString()}`;
  if (amount > 0n) return `raised by ${showMoney(amount)} ${when}: funds were added, or a balance was set`;
  return `lowered by ${showMoney(-amount)} ${when}: a balance was set, or the ledger lacks requests`;
}

function timeOf(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString();
}

/** With three decimals. */
function minutesOf(micros: bigint): number {
  return Number((micros * 1000n) / MICROS_PER_MINUTE) / 1000;
}

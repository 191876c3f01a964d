import { startOfDay } from "../../ledger/days.ts";
import { accessByTime, type GatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import type { PolicySnapshot } from "../../lake/records/policy-snapshots.ts";
import { bucketMatcher } from "../quotas/match-quotas.ts";
import type { QuotaPeriod, QuotaPeriods } from "../quotas/replay-buckets.ts";

/**
 * Each gateway's grants and quotas over time: a new period begins with each changed configuration and each changed policy.
 * Gateways without known grants and quotas are left out.
 */
export function quotaPeriods(snapshots: GatewaySnapshots, policies: readonly PolicySnapshot[], timezone: string): QuotaPeriods {
  const dated = policies.map((policy) => ({ from: startOfDay(policy.date, timezone).getTime(), policy }));
  const periods = new Map<string, QuotaPeriod[]>();
  for (const [instance, taken] of snapshots) {
    const known = accessByTime(taken).map(({ from, access }) => ({ from: from.getTime(), access }));
    const starts = [...new Set([...known, ...dated].map(({ from }) => from))].sort((a, b) => a - b);
    const listed = starts.flatMap((start): QuotaPeriod[] => {
      const access = inForce(known, start)?.access;
      if (access === undefined) return [];
      const policy = inForce(dated, start)?.policy;
      return [{ from: BigInt(start) * 1000n, matchBuckets: bucketMatcher(access, policy?.grants ?? [], policy ?? null), rules: access.quotas }];
    });
    if (listed.length > 0) periods.set(instance, listed);
  }
  return periods;
}

/** The last period that has begun; before all of them the first, which also applies to the time before it. */
function inForce<Dated extends { from: number }>(list: readonly Dated[], at: number): Dated | undefined {
  return list.findLast(({ from }) => from <= at) ?? list[0];
}

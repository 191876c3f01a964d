import { z } from "zod";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { readIfThere } from "../../lake/records/sending-record.ts";
import { replaceJson } from "../../lake/json-object.ts";
import { layout } from "../../lake/layout.ts";
import { addDays, startOfDay } from "../../ledger/days.ts";
import { formatDollars } from "../../ledger/money.ts";
import { utcDate } from "../../ledger/months.ts";
import { showDollars } from "../../limits/budgets/show-limit.ts";
import { driftOf, type QuotaDrift } from "../../limits/quotas/quota-drift.ts";
import { replayQuotasOfLake } from "../../limits/replaying/replay-quotas.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Condition } from "../conditions/condition.ts";
import type { HealthSettings } from "../conditions/health-settings.ts";

/** Number of days whose balances are compared. */
const DAYS = 2;

const check = z.object({ format: z.literal(1), checked_on: z.iso.date() });

/**
 * Finds buckets whose balance at the gateway differs from the replay. A replay reads all requests, so it is made once per UTC day. Returns undefined if
 * today's replay was already made.
 */
export async function findQuotaDrift(lake: ObjectStore, settings: HealthSettings, timezone: string, now: Date): Promise<Condition[] | undefined> {
  const date = utcDate(now);
  if ((await readIfThere(lake, layout.quotaCheck, check.or(z.unknown().transform(() => undefined))))?.checked_on === date) return undefined;
  const snapshots = [...(await loadGatewaySnapshots(lake)).values()];
  const hasQuotas = snapshots.some((kept) => kept.some(({ access }) => (access?.quotas.length ?? 0) > 0));
  const drifts = hasQuotas ? (await replayQuotasOfLake(lake, { from: startOfDay(addDays(date, -DAYS), "UTC"), to: now, timezone })).drifts : [];
  await replaceJson(lake, layout.quotaCheck, { format: 1, checked_on: date } satisfies z.input<typeof check>);
  const far = drifts.filter(({ last }) => distance(last) > settings.quotaDrift);
  return [...Map.groupBy(far, ({ instance }) => instance)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([instance, ofInstance]) => describeDrifts(instance, ofInstance));
}

function distance(last: QuotaDrift["last"]): bigint {
  const drift = driftOf(last) ?? 0n;
  return drift < 0n ? -drift : drift;
}

function describeDrifts(subject: string, drifts: readonly QuotaDrift[]): Condition {
  const sorted = drifts.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
  const since = sorted.map(({ last }) => last.at.getTime()).reduce((a, b) => Math.min(a, b), Infinity);
  const largest = sorted.map(({ last }) => distance(last)).reduce((a, b) => (a > b ? a : b), 0n);
  const facts = sorted.map(({ bucket, last }) => `${bucket}: the gateway says ${showDollars(last.recorded)}, the replay ${showDollars(last.replayed ?? 0n)}, at ${last.at.toISOString()}`);
  return { kind: "quota_drift", subject, since: new Date(since), members: sorted.map(({ bucket }) => bucket), facts, figures: { buckets: sorted.length, largest_usd: formatDollars(largest) } };
}

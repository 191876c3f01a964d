import { type ReplayedQuotas, replayQuotasOfLake } from "../../limits/replaying/replay-quotas.ts";
import type { QuotaDrift } from "../../limits/quotas/quota-drift.ts";
import { bucketJson, chainJson, describeBucket, describeChain, describeDrift, driftJson } from "./describe-quotas.ts";
import { openLake } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { type SpanFlags, spanOfFlags } from "../span-of-flags.ts";
import { print, printJson } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";
import type { Clock } from "../../ledger/clock.ts";

export interface QuotasFlags extends SettingFlags, SpanFlags {
  bucket?: string;
  json?: boolean;
}

/** Shows the gateways' buckets, replayed from the recorded requests. */
export async function limitsQuotas(flags: QuotasFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { timezone } = config;
  const { name, from, to } = spanOfFlags(flags, timezone, clock());
  const { buckets, chains, drifts } = only(flags.bucket, await replayQuotasOfLake(await openLake(config), { from, to, timezone }));
  const driftFor = (instance: string, bucket: string): QuotaDrift | undefined => drifts.find((one) => one.instance === instance && same(one.bucket, bucket));
  const others = drifts.filter((drift) => !buckets.some((bucket) => bucket.instance === drift.instance && same(bucket.name, drift.bucket)));
  if (flags.json) {
    printJson({
      span: name,
      from,
      to,
      timezone,
      buckets: buckets.map((bucket) => bucketJson(bucket, driftFor(bucket.instance, bucket.name))),
      chains: chains.map(chainJson),
      recorded_only: others.map((drift) => ({ instance: drift.instance, bucket: drift.bucket, ...driftJson(drift) })),
    });
    return 0;
  }
  const lines = [
    `quotas       ${name} in ${timezone}, replayed until ${to.toISOString()}: ${String(buckets.length)} buckets`,
    ...firstLines(buckets, (bucket) => describeBucket(bucket, driftFor(bucket.instance, bucket.name))),
    ...firstLines(chains, describeChain),
    ...firstLines(others, (drift) => [`bucket       ${drift.bucket} of ${drift.instance}`, ...describeDrift(drift)]),
  ];
  print(...lines);
  return 0;
}

function only(wanted: string | undefined, { buckets, chains, drifts }: ReplayedQuotas): ReplayedQuotas {
  if (wanted === undefined) return { buckets, chains, drifts };
  const chosen = buckets.filter(({ name, rule }) => same(name, wanted) || same(rule.name, wanted));
  const names = new Set([wanted, ...chosen.map(({ name }) => name)].map((name) => name.toLowerCase()));
  return {
    buckets: chosen,
    chains: chains.filter((chain) => chain.buckets.some((name) => names.has(name.toLowerCase()))),
    drifts: drifts.filter(({ bucket }) => names.has(bucket.toLowerCase())),
  };
}

/** Logins are compared without case, and so are names that contain them. */
function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

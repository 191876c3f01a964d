import { LedgerError } from "../../ledger/errors.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { loadPolicySnapshots } from "../../lake/records/policy-snapshots.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { readQuotaSamples } from "../../lake/records/quota-samples.ts";
import { coverageOf } from "../checking/coverage.ts";
import { DriftLog, type QuotaDrift } from "../quotas/quota-drift.ts";
import type { QuotaRequest } from "../quotas/quota-request.ts";
import { type QuotaPeriods, QuotaReplay, type ReplayedBucket } from "../quotas/replay-buckets.ts";
import type { ChainFigures } from "../quotas/replayed-chains.ts";
import type { SupposedOutcome, Supposition } from "../quotas/suppose-quota.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { eachRequest } from "./each-request.ts";
import { type FollowedBalance, SampleFollower } from "./follow-samples.ts";
import { quotaPeriods } from "./quota-periods.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** Figures cover requests and times from `from` on and before `to`. */
export interface ReplaySpan {
  from: Date;
  to: Date;
  /** Zone of the days on which a tailnet policy changes. */
  timezone: string;
}

/** Changes by hand within this time before a span still affect its balances: a monthly bucket refills in this time. */
const STEPS_BEFORE_SPAN = 31 * DAY_MS;

export interface ReplayedQuotas {
  buckets: ReplayedBucket[];
  /** Chains of overdrafts with requests in the span. */
  chains: ChainFigures[];
  /** Differences from the gateways' own balances. */
  drifts: readonly QuotaDrift[];
}

/** The gateways' buckets in a span. Replays all requests since the ledger's first day, since a balance depends on all of them. */
export async function replayQuotasOfLake(lake: ObjectStore, span: ReplaySpan): Promise<ReplayedQuotas> {
  const replay = new QuotaReplay(await loadPeriods(lake, span));
  const drifts = new DriftLog();
  const follower = new SampleFollower(replay, await loadCoverage(lake));
  const marks = markSpan(lake, span, (at) => replay.beginCounting(at), follower, (instance, at, { bucket, seen, step }) => {
    if (at >= span.from) drifts.add(instance, bucket, seen, step);
  });
  await feed(lake, [replay], marks, span);
  const { buckets, chains } = replay.finish(micros(span.to));
  return {
    buckets: buckets.filter(({ requests, last, rule }) => requests > 0 || last.balance < rule.capacity),
    chains: chains.filter(({ requests }) => requests > 0),
    drifts: drifts.all,
  };
}

export interface Supposed {
  buckets: ReplayedBucket[];
  outcome: SupposedOutcome;
}

/**
 * The effect in a span of a different bucket from its beginning on, for each of the suppositions.
 * Throws `usage` where no bucket of that name had a request.
 */
export async function supposeQuotas(lake: ObjectStore, span: ReplaySpan, suppositions: readonly Supposition[]): Promise<Supposed[]> {
  const periods = await loadPeriods(lake, span);
  const replays = suppositions.map((supposition) => ({ supposition, replay: new QuotaReplay(periods) }));
  const asItWas = new QuotaReplay(periods);
  const follower = new SampleFollower(asItWas, await loadCoverage(lake));
  const begin = (at: bigint): void => {
    for (const { replay, supposition } of replays) {
      replay.beginCounting(at);
      replay.suppose(supposition, at);
    }
  };
  const marks = markSpan(lake, span, begin, follower, (instance, at, { bucket, seen, step }) => {
    if (step !== undefined) for (const { replay } of replays) replay.adjust(micros(at), instance, bucket, { amount: step.amount, upTo: seen.recorded });
  });
  await feed(lake, [asItWas, ...replays.map(({ replay }) => replay)], marks, span);
  const names = new Set([...periods.values()].flatMap((list) => list.flatMap(({ rules }) => rules.map(({ name }) => name))));
  return replays.map(({ replay, supposition: { bucket } }) => {
    const { buckets, supposed } = replay.finish(micros(span.to));
    const concerned = buckets.filter(({ name, rule }) => name === bucket || rule.name === bucket);
    if (supposed === undefined || (concerned.length === 0 && !names.has(bucket))) throw bucketUnknown(bucket, names);
    return { buckets: concerned, outcome: supposed };
  });
}

function bucketUnknown(bucket: string, names: ReadonlySet<string>): LedgerError {
  return new LedgerError("usage", `there is no bucket ${JSON.stringify(bucket)}`, {
    remedy: names.size === 0 ? "the gateway's configuration has no quotas" : `the gateway's configuration has ${listSome([...names].sort())}; name one bucket of a template as limits quotas shows it`,
  });
}

async function loadPeriods(lake: ObjectStore, { timezone }: ReplaySpan): Promise<QuotaPeriods> {
  const periods = quotaPeriods(await loadGatewaySnapshots(lake), await loadPolicySnapshots(lake), timezone);
  if (periods.size > 0) return periods;
  throw new LedgerError("usage", "the quotas of the gateways are unknown", { remedy: "set aperture.config and start aperture-ledger run: it stores them in the lake" });
}

/** An action to take once all earlier requests have been replayed. */
interface Mark {
  at: bigint;
  pass: () => void;
}

/** Yields, in order of time, the beginning of the span and the gateways' answers: those of the span, and earlier answers that still affect its balances. */
async function* markSpan(
  lake: ObjectStore,
  { from, to }: ReplaySpan,
  begin: (at: bigint) => void,
  follower: SampleFollower,
  take: (instance: string, at: Date, followed: FollowedBalance) => void,
): AsyncGenerator<Mark> {
  const beginning = { at: micros(from), pass: () => begin(micros(from)) };
  let isBegun = false;
  for await (const sample of readQuotaSamples(lake, { from: new Date(from.getTime() - STEPS_BEFORE_SPAN), to })) {
    if (!isBegun && sample.at >= from) {
      isBegun = true;
      yield beginning;
    }
    const pass = (): void => {
      for (const followed of follower.follow(sample)) take(sample.instance, sample.at, followed);
    };
    yield { at: micros(sample.at), pass };
  }
  if (!isBegun) yield beginning;
}

/** The time up to which the ledger has each gateway's requests. */
async function loadCoverage(lake: ObjectStore): Promise<ReadonlyMap<string, Date>> {
  return coverageOf([...(await loadLedgerState(lake)).days.values()]);
}

/** @param marks in order of time, not after the end of the span. */
async function feed(lake: ObjectStore, replays: readonly QuotaReplay[], marks: AsyncGenerator<Mark>, { to }: ReplaySpan): Promise<void> {
  let next = await marks.next();
  const passTo = async (at: bigint): Promise<void> => {
    while (next.done !== true && next.value.at <= at) {
      next.value.pass();
      next = await marks.next();
    }
  };
  const add = (request: QuotaRequest): void => {
    for (const replay of replays) replay.add(request);
  };
  try {
    await eachRequest(lake, to, (request) => {
      if (next.done === true || next.value.at > request.at) {
        add(request);
        return undefined;
      }
      return passTo(request.at).then(() => add(request));
    });
    await passTo(micros(to));
  } finally {
    await marks.return(undefined);
  }
}

function micros(time: Date): bigint {
  return BigInt(time.getTime()) * 1000n;
}

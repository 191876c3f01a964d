import type { LedgerState } from "../lake/ledger-state.ts";
import { type SealedDigest, sealArchive } from "./seal-archive.ts";
import { keepHolds } from "./legal-holds.ts";
import { type FinishedErasures, finishErasures } from "./finish-erasures.ts";
import { planPurge } from "./purging/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "./purge-archive.ts";
import type { PurgePlan } from "./purging/purge-plan.ts";
import type { ClockDoubt } from "./timekeeping/find-doubt.ts";
import type { Ledger } from "../open/ledger.ts";
import { pullExports } from "../ingest/pull-exports.ts";

export interface CheckedArchive {
  exports: number;
  /** Names of ingested exports whose copy is neither in the archive nor at a source. */
  without_copy: string[];
  /** Where there are rules. */
  retention?: RetentionSummary;
  /** Where there were copies of somebody erased that were locked then, or left half done. */
  erasures?: FinishedErasures;
  /** What was added to the chains, of all gateways together; null where no key is configured to sign with. */
  sealed: { digests: number; exports: number; events: number } | null;
}

/** Copies, by what became of them, or would. */
interface RetentionSummary {
  applied: boolean;
  purged: number;
  reduced: number;
  kept_back: number;
}

const JOB = "retention-archive";

/**
 * Checks that every ingested export has its copy in the archive, or still lies at its source, which makes a copy again.
 * Sees to it that holds are set on what came since, finishes erasures whose copies were locked, and says what has expired, or removes it where the configuration wants that.
 * Then makes today's digests. Nothing is removed or sealed while the clock is in doubt: throws that doubt. Throws as `sealArchive` does, but for a key that is missing; and `key_missing` where something is
 * to be removed and nothing can be signed.
 */
export async function retentionArchive(ledger: Ledger, state: LedgerState, doubt?: ClockDoubt): Promise<CheckedArchive> {
  const { withoutCopy } = await pullExports(ledger, state);
  for (const { instance, name } of withoutCopy) ledger.telling.log.error({ instance, export: name }, "no copy in the archive");
  await keepHolds(ledger, state);
  if (doubt !== undefined) throw doubt.error;
  const retention = ledger.work.archiving.retention.length === 0 ? {} : { retention: await retain(ledger, state) };
  // After retention, which may have a copy to finish that is to be reduced upon.
  const erasures = await eraseWhatIsLeft(ledger, state);
  // Last, so that what was removed today is in today's digest.
  const sealed = await sealToday(ledger, state);
  return { exports: state.exports.size, without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`), ...retention, ...erasures, sealed };
}

async function eraseWhatIsLeft(ledger: Ledger, state: LedgerState): Promise<Pick<CheckedArchive, "erasures">> {
  const erasures = await finishErasures(ledger, state, JOB);
  if (erasures === undefined) {
    ledger.telling.log.warn("copies that were locked when somebody was erased are not looked at: that takes archive.erasure_key and archive.signing_key");
    return {};
  }
  if (erasures.reduced === 0 && erasures.kept_back === 0) return {};
  ledger.telling.log.info(erasures, "erasures");
  return { erasures };
}

async function retain(ledger: Ledger, state: LedgerState): Promise<RetentionSummary> {
  const now = ledger.work.clock();
  const plan = await planPurge(ledger, state, now);
  const applied = ledger.work.archiving.purge === "apply";
  const summary = applied ? summariseDone(plan, await purgeArchive(ledger, state, plan, { by: JOB, now })) : summarisePlan(plan);
  for (const { instance, key, why } of plan.keptBack) ledger.telling.log.info({ instance, copy: key, why }, "kept back");
  ledger.telling.log.info(summary, "retention");
  return summary;
}

function summarisePlan({ purges, reductions, unfinished, keptBack }: PurgePlan): RetentionSummary {
  const begun = (event: "purge" | "reduction"): number => unfinished.filter((one) => one.event === event).length;
  return { applied: false, purged: purges.length + begun("purge"), reduced: reductions.length + begun("reduction"), kept_back: keptBack.length };
}

function summariseDone({ keptBack }: PurgePlan, { purged, reduced, left }: PurgedArchive): RetentionSummary {
  return { applied: true, purged, reduced, kept_back: keptBack.length + left.length };
}

async function sealToday(ledger: Ledger, state: LedgerState): Promise<CheckedArchive["sealed"]> {
  if (ledger.work.archiving.signingKey === undefined) {
    ledger.telling.log.warn("the archive is not sealed: no archive.signing_key is configured");
    return null;
  }
  const { gateways } = await sealArchive(ledger, state, ledger.work.clock());
  for (const { instance, left_aside: aside, ...sealed } of gateways) {
    ledger.telling.log.info({ instance, ...sealed }, "archive sealed");
    for (const { key, problem } of aside) ledger.telling.log.error({ instance, key, problem }, "left aside: no event that a trusted key signed");
  }
  const digests = gateways.flatMap((gateway) => gateway.digests);
  return { digests: digests.length, exports: sum(digests, "exports"), events: sum(digests, "events") };
}

function sum(digests: readonly SealedDigest[], what: "exports" | "events"): number {
  return digests.reduce((total, digest) => total + digest[what], 0);
}

import type { LedgerState } from "../lake/ledger-state.ts";
import { type SealedDigest, sealArchive } from "./seal-archive.ts";
import { markHeldCopies } from "./legal-holds.ts";
import { type FinishedErasures, finishErasures } from "./finish-erasures.ts";
import { planPurge } from "./purging/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "./purge-archive.ts";
import type { PurgePlan } from "./purging/purge-plan.ts";
import { type PostedToPlace, postHeads } from "./post-heads.ts";
import { type StampedDigests, stampDigests } from "./stamp-digests.ts";
import type { ClockDoubt } from "./timekeeping/find-clock-doubt.ts";
import type { Ledger } from "../open/ledger.ts";
import { pullExports } from "../ingest/pull-exports.ts";

export interface CheckedArchive {
  exports: number;
  /** Names of ingested exports that are neither in the archive nor at a source. */
  without_copy: string[];
  /** Present if retention rules are configured. */
  retention?: RetentionSummary;
  /** Present if erasures were pending, because copies were locked or a call was interrupted. */
  erasures?: FinishedErasures;
  /** What was added to the chains of all gateways; null if no signing key is configured. */
  sealed: { digests: number; exports: number; events: number } | null;
  /** Present if a time-stamping authority is configured. */
  stamped?: StampedDigests;
  /** Present if the heads of chains are posted to other places. */
  posted?: PostedToPlace[];
}

/** Numbers of copies by what was done with them, or would be. */
interface RetentionSummary {
  applied: boolean;
  purged: number;
  reduced: number;
  kept_back: number;
}

const JOB = "retention-archive";

/**
 * The daily maintenance. Checks that every ingested export has its copy in the archive, or copies it again from its source. Marks new
 * copies that holds cover, finishes pending erasures, reports what has expired or, if so configured, removes it, and makes today's
 * digests. While the clock is in doubt it removes and seals nothing and throws that doubt. Otherwise throws like `sealArchive`, except
 * that a missing key is an error, `key_missing`, only if something has to be removed.
 */
export async function retentionArchive(ledger: Ledger, state: LedgerState, doubt?: ClockDoubt): Promise<CheckedArchive> {
  const { withoutCopy } = await pullExports(ledger, state);
  for (const { instance, name } of withoutCopy) ledger.telling.log.error({ instance, export: name }, "no copy in the archive");
  await markHeldCopies(ledger, state);
  if (doubt !== undefined) throw doubt.error;
  const retention = ledger.work.archiving.retention.length === 0 ? {} : { retention: await retain(ledger, state) };
  // After retention, which may first have to finish the same copies.
  const erasures = await eraseWhatIsLeft(ledger, state);
  // Last, so that today's digest lists today's removals.
  const sealed = await sealToday(ledger, state);
  return { exports: state.exports.size, without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`), ...retention, ...erasures, sealed, ...(await stamp(ledger)), ...(await post(ledger)) };
}

async function eraseWhatIsLeft(ledger: Ledger, state: LedgerState): Promise<Pick<CheckedArchive, "erasures">> {
  const erasures = await finishErasures(ledger, state, JOB);
  if (erasures === undefined) {
    ledger.telling.log.warn("pending erasures are not finished: that takes archive.erasure_key and archive.signing_key");
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
  for (const { instance, left_aside: ignored, ...sealed } of gateways) {
    ledger.telling.log.info({ instance, ...sealed }, "archive sealed");
    for (const { key, problem } of ignored) ledger.telling.log.error({ instance, key, problem }, "not listed: it is not an event signed by a trusted key");
  }
  const digests = gateways.flatMap((gateway) => gateway.digests);
  return { digests: digests.length, exports: sum(digests, "exports"), events: sum(digests, "events") };
}

/** A failing authority costs a warning, and the next call asks it again. */
async function stamp(ledger: Ledger): Promise<Pick<CheckedArchive, "stamped">> {
  const stamped = await stampDigests(ledger);
  if (stamped === undefined) return {};
  if (stamped.problem === null) ledger.telling.log.info(stamped, "digests stamped");
  else ledger.telling.log.warn(stamped, "digests have no token of the time-stamping authority yet; the next sealing asks for it again");
  return { stamped };
}

/** A failing place costs a warning, and gets the heads from the next call. */
async function post(ledger: Ledger): Promise<Pick<CheckedArchive, "posted">> {
  const posted = await postHeads(ledger);
  for (const one of posted) {
    if (one.problem === null) ledger.telling.log.info(one, "heads posted");
    else ledger.telling.log.warn(one, "a place did not get the newest heads; the next sealing posts them again");
  }
  return posted.length === 0 ? {} : { posted };
}

function sum(digests: readonly SealedDigest[], what: "exports" | "events"): number {
  return digests.reduce((total, digest) => total + digest[what], 0);
}

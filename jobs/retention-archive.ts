import type { LedgerState } from "../src/lake/ledger-state.ts";
import { keepHolds } from "./archive/legal-holds.ts";
import { planPurge } from "./archive/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "./archive/purge-archive.ts";
import type { PurgePlan } from "./archive/purge-plan.ts";
import { rewriteCopy } from "./archive/rewrite-copy.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { pullExports } from "./pull-exports.ts";

export interface CheckedArchive {
  exports: number;
  /** Names of ingested exports whose copy is neither in the archive nor at a source. */
  without_copy: string[];
  /** Where there are rules. */
  retention?: RetentionSummary;
}

/** Copies, by what became of them, or would. */
export interface RetentionSummary {
  applied: boolean;
  purged: number;
  reduced: number;
  kept_back: number;
}

const JOB = "retention-archive";

/**
 * Checks that every ingested export has its copy in the archive, or still lies at its source, which makes a copy again.
 * Sees to it that holds are set on what came since, and says what has expired, or removes it where the configuration wants that.
 * Throws `key_missing` where something is to be removed and nothing can be signed.
 */
export async function retentionArchive(ledger: LedgerContext, state: LedgerState): Promise<CheckedArchive> {
  const { withoutCopy } = await pullExports(ledger, state);
  for (const { instance, name } of withoutCopy) ledger.log.error({ instance, export: name }, "no copy in the archive");
  const checked = { exports: state.exports.size, without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`) };
  await keepHolds(ledger, state);
  return ledger.archiving.retention.length === 0 ? checked : { ...checked, retention: await retain(ledger, state) };
}

async function retain(ledger: LedgerContext, state: LedgerState): Promise<RetentionSummary> {
  const now = ledger.clock();
  const plan = await planPurge(ledger, state, now);
  const applied = ledger.archiving.purge === "apply";
  const summary = applied ? summariseDone(plan, await purgeArchive(ledger, state, plan, { by: JOB, now, rewrite: rewriteCopy })) : summarisePlan(plan);
  for (const { instance, key, why } of plan.keptBack) ledger.log.info({ instance, copy: key, why }, "kept back");
  ledger.log.info(summary, "retention");
  return summary;
}

function summarisePlan({ purges, reductions, unfinished, keptBack }: PurgePlan): RetentionSummary {
  const begun = (event: "purge" | "reduction"): number => unfinished.filter((one) => one.event === event).length;
  return { applied: false, purged: purges.length + begun("purge"), reduced: reductions.length + begun("reduction"), kept_back: keptBack.length };
}

function summariseDone({ keptBack }: PurgePlan, { purged, reduced, left }: PurgedArchive): RetentionSummary {
  return { applied: true, purged, reduced, kept_back: keptBack.length + left.length };
}

import { listInstances } from "../copies/list-archive.ts";
import { addDuration } from "../retention/duration.ts";
import { dueRules } from "../retention/expiry.ts";
import type { Hold } from "../retention/hold.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { KnownExport, LedgerState } from "../../lake/ledger-state.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { findHeldCopies } from "./held-copies.ts";
import { loadHolds } from "./load-chain.ts";
import { type CopyOutcome, openCopy } from "./open-copy.ts";
import { type BrokenGateway, type Gateway, openGateways, type Planning } from "./open-gateways.ts";
import { candidates, findUnfinished, requestsOf } from "./plan-purge.ts";
import type { PurgePlan } from "./purge-plan.ts";

export interface DueCopy {
  instance: string;
  key: string;
  size: number;
  /** Null where the manifest does not know how many are left. */
  requests: number | null;
  /** What a purge would do with it from each time on, in order. */
  stages: { at: Date; outcome: CopyOutcome }[];
}

export interface DuePlan {
  /** The copies in which something is due in the span. */
  copies: DueCopy[];
  unfinished: PurgePlan["unfinished"];
}

/** The span, and the gateway that it is about; undefined: all. */
export interface DueQuestion {
  now: Date;
  until: Date;
  gateway: string | undefined;
}

/**
 * What a purge would do at each time of the span if nothing changed but the time: no arrivals, no removals, the same holds and locks.
 * Writes nothing. Throws `usage` for an unknown gateway.
 */
export async function planDue(ledger: Planning, state: LedgerState, question: DueQuestion): Promise<DuePlan> {
  const all = await listInstances(ledger.stores.archive);
  const instances = all.filter((instance) => question.gateway === undefined || instance === question.gateway);
  if (question.gateway !== undefined && instances.length === 0) throw new LedgerError("usage", `there is no gateway ${JSON.stringify(question.gateway)} in ${ledger.stores.archive.url}`, { remedy: `the gateways are ${listSome(all)}` });
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving, all);
  const plan: DuePlan = { copies: [], unfinished: [] };
  await withWorkspace(async (workspace) => {
    for await (const gateway of openGateways(ledger, state, { instances, holds, workspace })) {
      if ("problem" in gateway) plan.copies.push(...stayOfBroken(gateway, question));
      else await addCopies(gateway, question, plan);
    }
  });
  return { ...plan, copies: await nameHolds(ledger, state, plan.copies, holds.filter(({ released }) => released === null)) };
}

/** The outcome at a time of the span. */
export function outcomeAt({ stages }: DueCopy, at: Date): CopyOutcome {
  return stages.findLast((stage) => stage.at <= at)?.outcome ?? { what: "keep" };
}

async function addCopies(gateway: Gateway, { now, until }: DueQuestion, plan: DuePlan): Promise<void> {
  const { instance, ledger: { telling }, rules } = gateway;
  const begun: Pick<PurgePlan, "unfinished" | "keptBack"> = { unfinished: [], keptBack: [] };
  await findUnfinished(gateway, begun, now);
  plan.unfinished.push(...begun.unfinished);
  const copies = candidates(gateway, begun.unfinished).filter(({ time }) => dueRules(rules, new Date(time), until).length > 0);
  telling.progress.begin(`checking copies of ${instance}`, copies.length);
  for (const one of copies) {
    const copy = openCopy(gateway, one);
    const lockEnd = await copy.lockedUntil();
    const stages: DueCopy["stages"] = [];
    for (const at of turningPoints(gateway, one, { now, until, lockEnd })) {
      const outcome = await copy.outcomeAt(at);
      if (JSON.stringify(outcome) !== JSON.stringify(stages.at(-1)?.outcome ?? { what: "keep" })) stages.push({ at, outcome });
    }
    if (stages.length > 0) plan.copies.push({ instance, key: one.archive, size: copy.size, requests: requestsOf(one), stages });
    telling.progress.step();
  }
}

/** The times at which the outcome can change. */
function turningPoints({ rules }: Pick<Gateway, "rules">, { time }: KnownExport, { now, until, lockEnd }: { now: Date; until: Date; lockEnd: Date | undefined }): Date[] {
  const times = [...rules.map(({ keep }) => addDuration(new Date(time), keep)), lockEnd ?? now].map((at) => at.getTime());
  const within = times.filter((at) => at > now.getTime() && at <= until.getTime());
  return [...new Set([now.getTime(), ...within])].sort((a, b) => a - b).map((at) => new Date(at));
}

function stayOfBroken(gateway: BrokenGateway, { now, until }: DueQuestion): DueCopy[] {
  const { instance, known, rules, present, problem: why } = gateway;
  return known.flatMap((one): DueCopy[] => {
    const at = one.copy === "purged" ? undefined : turningPoints(gateway, one, { now, until, lockEnd: undefined }).find((moment) => dueRules(rules, new Date(one.time), moment).length > 0);
    return at === undefined ? [] : [{ instance, key: one.archive, size: present.get(one.archive)?.size ?? 0, requests: requestsOf(one), stages: [{ at, outcome: { what: "stay", cause: { kind: "other", why } } }] }];
  });
}

/** Names the holds behind the store's own legal holds, as far as the tables show them. */
async function nameHolds({ stores: { lake } }: Planning, state: LedgerState, copies: readonly DueCopy[], holds: readonly Hold[]): Promise<DueCopy[]> {
  const isStoreHold = ({ outcome }: DueCopy["stages"][number]): boolean => outcome.what === "stay" && outcome.cause.kind === "store_hold";
  if (holds.length === 0 || !copies.some(({ stages }) => stages.some(isStoreHold))) return [...copies];
  const held = await findHeldCopies(lake, state, holds);
  return copies.map((copy) => {
    const covering = holds.filter(({ id }) => held.get(id)?.has(copy.key));
    if (covering.length === 0) return copy;
    return { ...copy, stages: copy.stages.map((stage) => (isStoreHold(stage) ? { ...stage, outcome: { what: "stay" as const, cause: { kind: "hold" as const, holds: covering } } } : stage)) };
  });
}

import { join } from "node:path";
import { listInstances } from "../copies/list-archive.ts";
import { protectionOf } from "../copies/protection.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { dueRules } from "../retention/expiry.ts";
import { archiveLayout, layout, STAGED_COPIES } from "../../lake/layout.ts";
import { listEtags, type KnownExport, type LedgerState } from "../../lake/ledger-state.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { inspectCopy } from "./inspect-copy.ts";
import { loadHolds } from "./load-chain.ts";
import { openCopy, whyLocked } from "./open-copy.ts";
import { type Gateway, openGateways, type Planning } from "./open-gateways.ts";
import { type Cause, formatCause, type KeptBack, type PurgePlan } from "./purge-plan.ts";

/**
 * Plans what to remove from the archive, what to reduce, and what expired but stays, and why. Everything of a gateway whose chain cannot
 * be read stays. Writes nothing.
 */
export async function planPurge(ledger: Planning, state: LedgerState, now: Date): Promise<PurgePlan> {
  const instances = await listInstances(ledger.stores.archive);
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving, instances);
  const plan: PurgePlan = { holds: holds.filter(({ released }) => released === null).map(({ id }) => id), purges: [], reductions: [], unfinished: [], keptBack: [] };
  await withWorkspace(async (workspace) => {
    for await (const gateway of openGateways(ledger, state, { instances, holds, workspace })) {
      if ("problem" in gateway) {
        const { instance, known, rules, present, problem: why } = gateway;
        const expired = known.filter(({ copy, time }) => copy !== "purged" && dueRules(rules, new Date(time), now).length > 0);
        plan.keptBack.push(...expired.map(({ archive: key }) => keptBack(instance, key, present.get(key)?.size ?? 0, { kind: "other", why })));
        continue;
      }
      await findUnfinished(gateway, plan, now);
      await planCopies(gateway, plan, now);
    }
  });
  return plan;
}

function keptBack(instance: string, key: string, size: number, cause: Cause): KeptBack {
  return { instance, key, size, why: formatCause(cause), cause };
}

/** Finds copies whose purge or reduction is declared but not carried out. A hold or a lock stops these too. */
export async function findUnfinished(gateway: Gateway, plan: Pick<PurgePlan, "unfinished" | "keptBack">, at: Date): Promise<void> {
  const { chain, present, ledger, known, workspace, instance } = gateway;
  const unmarked = new Set(known.filter(({ copy }) => copy !== "purged").map(({ archive }) => archive));
  const staged = new Set([...(await listEtags(ledger.stores.lake, layout.stagedCopy(archiveLayout.instance(instance)))).keys()].map((key) => key.slice(STAGED_COPIES.length)));
  for (const [key, { now, listed }] of chain.expected) {
    const event = chain.changes.get(key)?.at(-1)?.kind;
    const isPurge = event === "purge" && now === null && (present.has(key) || unmarked.has(key));
    if (!isPurge && !(event === "reduction" && now !== null && staged.has(key))) continue;
    if (now !== null && (await ledger.stores.lake.download(layout.stagedCopy(key), join(workspace, "staged"))).sha256 !== now.sha256) continue;
    const cause = present.has(key) ? await whyKept(gateway, key, { listed, one: known.find(({ archive }) => archive === key), at }) : undefined;
    if (cause === undefined) plan.unfinished.push({ instance, key, event: isPurge ? "purge" : "reduction" });
    else plan.keptBack.push({ instance, key, size: present.get(key)?.size ?? 0, why: `${isPurge ? "its purge" : "its reduction"} is declared but not carried out: ${formatCause(cause)}`, cause });
  }
}

/** Like `whyLocked`, but also checks holds on records in the copy; without a manifest any hold counts. */
async function whyKept(gateway: Gateway, key: string, { listed, one, at }: { listed: ExpectedExport["listed"]; one: KnownExport | undefined; at: Date }): Promise<Cause | undefined> {
  const { ledger, holds, workspace } = gateway;
  const cause = whyLocked(gateway, listed, await protectionOf(ledger.stores.archive, key), at);
  if (cause !== undefined || holds.length === 0) return cause;
  if (one === undefined) return { kind: "hold", holds };
  const file = join(workspace, "copy");
  await ledger.stores.archive.download(key, file);
  const { holds: holding } = await inspectCopy(ledger, one, file, { rules: [], holds });
  return holding.length === 0 ? undefined : { kind: "hold", holds: holding };
}

/** The copies that retention may change. */
export function candidates({ known, chain }: Gateway, unfinished: PurgePlan["unfinished"]): KnownExport[] {
  const begun = new Set(unfinished.map(({ key }) => key));
  return known.filter(({ archive, copy }) => copy !== "purged" && !begun.has(archive) && chain.expected.get(archive)?.now !== null);
}

async function planCopies(gateway: Gateway, plan: PurgePlan, now: Date): Promise<void> {
  const { chain, instance, ledger: { telling } } = gateway;
  const copies = candidates(gateway, plan.unfinished);
  telling.progress.begin(`checking copies of ${instance}`, copies.length);
  for (const one of copies) {
    const { archive: key } = one;
    const copy = openCopy(gateway, one);
    const outcome = await copy.outcomeAt(now);
    const content = chain.expected.get(key)?.now;
    if (outcome.what === "stay") plan.keptBack.push(keptBack(instance, key, copy.size, outcome.cause));
    else if (outcome.what !== "keep" && content !== undefined && content !== null) {
      const planned = { instance, key, ...content, rule: outcome.rule };
      if (outcome.what === "purge") plan.purges.push({ ...planned, requests: requestsOf(one) });
      else plan.reductions.push({ ...planned, records: outcome.records, bodies: outcome.bodies });
    }
    telling.progress.step();
  }
}

/** Requests in a copy that was not reduced; null where the manifest does not know how many are left. */
export function requestsOf({ copy, records }: KnownExport): number | null {
  return copy === "whole" ? records.accepted : null;
}

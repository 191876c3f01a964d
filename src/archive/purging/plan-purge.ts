import { join } from "node:path";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { listGateway, listInstances } from "../copies/list-archive.ts";
import { protectionOf } from "../copies/protection.ts";
import { formatRule, splitRules } from "../retention/format-rule.ts";
import { dependsOnCallers, dueRules, rulesOf } from "../retention/expiry.ts";
import { type Hold, holdsOver } from "../retention/hold.ts";
import type { RetentionRule } from "../retention/retention-rule.ts";
import { coversWholeGateway } from "../retention/selection-covers.ts";
import { expiredPart, decideOn, type Verdict } from "../retention/verdict.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { archiveLayout, layout, STAGED_COPIES } from "../../lake/layout.ts";
import { listEtags, type KnownExport, type LedgerState } from "../../lake/ledger-state.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type Chain, loadChain, loadHolds } from "./load-chain.ts";
import type { PurgePlan } from "./purge-plan.ts";
import { inspectCopy } from "./inspect-copy.ts";
import { listSome } from "../../ledger/text/list-some.ts";

export type Planning = Pick<Ledger, "stores" | "rules" | "telling" | "work">;

/**
 * Plans what to remove from the archive, what to reduce, and what expired but stays, and why. Everything of a gateway whose chain cannot
 * be read stays. Writes nothing.
 */
export async function planPurge(ledger: Planning, state: LedgerState, now: Date): Promise<PurgePlan> {
  const instances = await listInstances(ledger.stores.archive);
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving, instances);
  const plan: PurgePlan = { holds: holds.filter(({ released }) => released === null).map(({ id }) => id), purges: [], reductions: [], unfinished: [], keptBack: [] };
  await withWorkspace(async (workspace) => {
    for (const instance of instances) {
      const known = [...state.exports.values()].filter((one) => one.instance === instance).sort((a, b) => (a.archive < b.archive ? -1 : 1));
      const rules = rulesOf(ledger.work.archiving.retention, instance);
      const present = (await listGateway(ledger.stores.archive, instance)).exports;
      const chain = await tryChain(ledger, instance);
      if (chain instanceof LedgerError) {
        const { message: why } = chain;
        const expired = known.filter(({ copy, time }) => copy !== "purged" && dueRules(rules, new Date(time), now).length > 0);
        plan.keptBack.push(...expired.map(({ archive: key }) => ({ instance, key, size: present.get(key)?.size ?? 0, why })));
        continue;
      }
      const gateway: Gateway = {
        ledger, now, workspace, plan, known, chain, rules, present,
        holds: holdsOver(holds, instance),
      };
      await findUnfinished(gateway);
      await planCopies(gateway);
    }
  });
  return plan;
}

/** Returns the error if the chain is broken: an object planted among one gateway's digests must not stop the others. */
async function tryChain(ledger: Planning, instance: string): Promise<Chain | LedgerError> {
  try {
    return await loadChain(ledger.stores.archive, ledger.work.archiving, instance);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "archive_broken") return error;
    throw error;
  }
}

/** Everything needed to decide on the copies of one gateway. */
interface Gateway {
  ledger: Planning;
  now: Date;
  workspace: string;
  plan: PurgePlan;
  known: readonly KnownExport[];
  chain: Chain;
  /** Existing copies by key. */
  present: ReadonlyMap<string, ObjectEntry>;
  rules: readonly RetentionRule[];
  holds: readonly Hold[];
}

/** Finds copies whose purge or reduction is declared but not carried out. A hold or a lock stops these too. */
async function findUnfinished(gateway: Gateway): Promise<void> {
  const { chain, present, plan, ledger, known, workspace } = gateway;
  const { instance } = chain;
  const unmarked = new Set(known.filter(({ copy }) => copy !== "purged").map(({ archive }) => archive));
  const staged = new Set([...(await listEtags(ledger.stores.lake, layout.stagedCopy(archiveLayout.instance(instance)))).keys()].map((key) => key.slice(STAGED_COPIES.length)));
  for (const [key, { now, listed }] of chain.expected) {
    const event = chain.changes.get(key)?.at(-1)?.kind;
    const isPurge = event === "purge" && now === null && (present.has(key) || unmarked.has(key));
    if (!isPurge && !(event === "reduction" && now !== null && staged.has(key))) continue;
    if (now !== null && (await ledger.stores.lake.download(layout.stagedCopy(key), join(workspace, "staged"))).sha256 !== now.sha256) continue;
    const why = present.has(key) ? await whyKept(gateway, key, listed, known.find(({ archive }) => archive === key)) : undefined;
    if (why === undefined) plan.unfinished.push({ instance, key, event: isPurge ? "purge" : "reduction" });
    else plan.keptBack.push({ instance, key, size: present.get(key)?.size ?? 0, why: `${isPurge ? "its purge" : "its reduction"} is declared but not carried out: ${why}` });
  }
}

async function planCopies(gateway: Gateway): Promise<void> {
  const { chain, known, now, plan, rules, ledger } = gateway;
  const unfinished = new Set(plan.unfinished.map(({ key }) => key));
  const candidates = known.filter(({ archive, copy }) => copy !== "purged" && !unfinished.has(archive) && chain.expected.get(archive)?.now !== null);
  ledger.telling.progress.begin(`checking copies of ${chain.instance}`, candidates.length);
  for (const one of candidates) {
    const due = dueRules(rules, new Date(one.time), now);
    const isDone = appliedRules(chain, one.archive);
    if (due.some((rule) => !isDone(rule))) await planCopy(gateway, one, isDone);
    ledger.telling.progress.step();
  }
}

/** Whether a rule was already applied to a copy, so that nothing in it is left to remove. */
function appliedRules({ expected, changes }: Chain, key: string): (rule: RetentionRule) => boolean {
  const done = new Set((changes.get(key) ?? []).flatMap(({ event }) => splitRules(event.rule)));
  const withoutBodies = expected.get(key)?.listed.bodies === "drop";
  return (rule) => (withoutBodies && rule.content === "bodies") || done.has(formatRule(rule));
}

async function planCopy(gateway: Gateway, one: KnownExport, isDone: (rule: RetentionRule) => boolean): Promise<void> {
  const { plan, chain, present } = gateway;
  const { instance, archive: key } = one;
  const expected = chain.expected.get(key);
  const size = present.get(key)?.size ?? expected?.now?.size ?? 0;
  const keep = (why: string): void => void plan.keptBack.push({ instance, key, size, why });
  if (expected?.now === undefined || expected.now === null) return keep("no digest lists it yet: aperture-ledger archive seal");
  if (size !== expected.now.size || !present.has(key)) return keep("it is not what the digests say: see aperture-ledger archive verify");
  const verdict = await decideOnCopy(gateway, one, { expected, isDone });
  if (typeof verdict === "string") return keep(verdict);
  const copy = { instance, key, ...expected.now };
  if (verdict.what === "purge") plan.purges.push({ ...copy, rule: verdict.rule });
  if (verdict.what !== "reduce") return;
  if (one.damaged) return keep("it is damaged: rewriting it would lose what follows the damage");
  const { rule, records, bodies } = verdict;
  plan.reductions.push({ ...copy, rule, records, bodies });
}

interface Expectation {
  expected: ExpectedExport;
  isDone: (rule: RetentionRule) => boolean;
}
type Planned = Exclude<Verdict, { what: "reduce" }> | { what: "reduce"; rule: string; records: number | null; bodies: number | null };

/** The verdict, or why the copy stays. The copy is read only if a rule depends on callers or a hold on records. */
async function decideOnCopy(gateway: Gateway, one: KnownExport, { expected, isDone }: Expectation): Promise<Planned | string> {
  const { ledger, now, rules, workspace, holds } = gateway;
  const why = await whyLocked(gateway, one.archive, expected.listed);
  if (why !== undefined) return why;
  if (!rules.some(dependsOnCallers)) {
    const verdict = decideOn([expiredPart(rules, "unread", new Date(one.time), now)], isDone);
    if (verdict.what === "keep") return verdict;
    if (holds.length === 0) return verdict.what === "reduce" ? { ...verdict, records: null, bodies: null } : verdict;
  }
  const file = join(workspace, "copy");
  const { sha256 } = await ledger.stores.archive.download(one.archive, file);
  if (sha256 !== expected.now?.sha256) return "it is not what the digests say: see aperture-ledger archive verify";
  const { expiredParts, rest, holds: holding } = await inspectCopy(ledger, one, file, { rules, holds, now });
  const whole = rest === undefined ? expiredParts : [...expiredParts, rest];
  const verdict = decideOn(whole.length === 0 ? [expiredPart(rules, "unread", new Date(one.time), now)] : whole, isDone);
  return verdict.what === "keep" || holding.length === 0 ? verdict : formatHolds(holding);
}

/** Why the copy cannot change: a lock, a hold on the whole gateway, or a legal hold on the object itself. */
async function whyLocked({ ledger, now, holds }: Gateway, key: string, { retention }: ExpectedExport["listed"]): Promise<string | undefined> {
  const protection = await protectionOf(ledger.stores.archive, key);
  const until = [retention?.until, protection?.retention?.until.toISOString()].filter((instant) => instant !== undefined).sort().at(-1);
  if (until !== undefined && new Date(until) > now) return `locked until ${until}`;
  const whole = holds.filter(({ selection }) => coversWholeGateway(selection));
  if (whole.length > 0) return formatHolds(whole);
  return protection?.legalHold === true ? "on hold: the store has a legal hold on it" : undefined;
}

/** Like `whyLocked`, but also checks holds on records in the copy; without a manifest any hold counts. */
async function whyKept(gateway: Gateway, key: string, listed: ExpectedExport["listed"], one: KnownExport | undefined): Promise<string | undefined> {
  const { ledger, holds, now, workspace } = gateway;
  const why = await whyLocked(gateway, key, listed);
  if (why !== undefined || holds.length === 0) return why;
  if (one === undefined) return formatHolds(holds);
  const file = join(workspace, "copy");
  await ledger.stores.archive.download(key, file);
  const { holds: holding } = await inspectCopy(ledger, one, file, { rules: [], holds, now });
  return holding.length === 0 ? undefined : formatHolds(holding);
}

export function formatHolds(holds: readonly Hold[]): string {
  return listSome(holds.map(({ id, by }) => `on hold by ${by} (${id})`));
}


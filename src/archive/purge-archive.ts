import { DAY_MS } from "../ledger/durations.ts";
import { canonicalBytes, sha256Hex } from "./chain/canonical.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { nextEventTime } from "./chain/next-event-time.ts";
import { recordEvent } from "./chain/record-event.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import { MOST_COPIES_DECLARED } from "./chain/document-bounds.ts";
import { type Hold, holdsOver } from "./retention/hold.ts";
import { LedgerError } from "../ledger/errors.ts";
import { STAGED_COPIES } from "../lake/layout.ts";
import type { KnownExport, LedgerState } from "../lake/ledger-state.ts";
import { eraseObject } from "../storage/erase-object.ts";
import type { Ledger } from "../open/ledger.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { finishPurge, finishReduction } from "./purging/finish-purge.ts";
import { type Chain, loadChain, loadHolds } from "./purging/load-chain.ts";
import type { Planning } from "./purging/open-gateways.ts";
import { formatCause, type KeptBack, type PlannedCopy, type PlannedReduction, type PurgePlan } from "./purging/purge-plan.ts";
import { reduceCopy } from "./purging/reduce-copy.ts";

export type Purging = Planning & Pick<Ledger, "telling">;

export interface PurgedArchive {
  purged: number;
  reduced: number;
  /** Purged and reduced copies that earlier runs had declared but not carried out. */
  finished: number;
  /** Bytes freed. */
  bytes: number;
  /** Planned copies that were not changed. */
  left: KeptBack[];
}

export interface PurgeCall {
  /** Login or job name. */
  by: string;
  now: Date;
}

/**
 * Carries out a plan. The chain records each removal first, so that the next call finishes an interrupted one.
 * Throws `key_missing` and `key_unusable` if nothing can be signed, `archive_conflict` if holds were set or released after the plan.
 */
export async function purgeArchive(ledger: Purging, state: LedgerState, plan: PurgePlan, call: PurgeCall): Promise<PurgedArchive> {
  const signingKey = await requireKeyOfChain(ledger);
  const holds = await loadHoldsOf(ledger, plan);
  const purging: Work = { ledger, signingKey, call, holds, known: new Map([...state.exports.values()].map((one) => [one.archive, one])), done: { purged: 0, reduced: 0, finished: 0, bytes: 0, left: [] } };
  for (const [instance, copies] of Map.groupBy(plan.unfinished, (one) => one.instance)) await finishAll(purging, await loadChain(ledger.stores.archive, ledger.work.archiving, instance), copies);
  await clearStage(ledger, plan, call.now);
  for (const [instance, copies] of Map.groupBy(plan.purges, (one) => one.instance)) await purgeAll(purging, await loadChain(ledger.stores.archive, ledger.work.archiving, instance), copies);
  for (const [instance, copies] of Map.groupBy(plan.reductions, (one) => one.instance)) await reduceAll(purging, await loadChain(ledger.stores.archive, ledger.work.archiving, instance), copies);
  const { left, ...counts } = purging.done;
  ledger.telling.log.info({ ...counts, left: left.length }, "archive purged");
  return purging.done;
}

interface Work {
  ledger: Purging;
  signingKey: SigningKey;
  call: PurgeCall;
  holds: readonly Hold[];
  /** By key of the copy. */
  known: ReadonlyMap<string, KnownExport>;
  done: PurgedArchive;
}

async function finishAll(work: Work, chain: Chain, unfinished: PurgePlan["unfinished"]): Promise<void> {
  for (const { key } of unfinished) {
    const change = chain.changes.get(key)?.at(-1);
    if (change === undefined) continue;
    const { instance } = chain;
    const known = work.known.get(key);
    const isDone =
      change.kind === "purge"
        ? await note(work, "purged", { instance, ...change.object }, () => finishPurge(work.ledger, { instance, event: change.event, known }, change.object))
        : await note(work, "reduced", { instance, key, size: change.object.before.size }, () => finishReduction(work.ledger, { instance, event: change.event, known }, change.object, work.call.now));
    if (isDone) work.done.finished++;
  }
}

/** Writes tombstones for each rule, then removes what they name. */
async function purgeAll(work: Work, chain: Chain, copies: readonly PlannedCopy[]): Promise<void> {
  const { instance } = chain;
  for (const { rule, ofRule } of declarable(copies.filter((copy) => isAsPlanned(work, chain, copy)))) {
    const objects = ofRule.map(({ key, size, sha256 }) => ({ key, size, sha256 }));
    const event = await declare<EventOf<"purge">>(work, (id) => ({ format: 1, id, kind: "purge", ...origin(work, chain, objects), rule, head: chain.head, objects }));
    for (const object of objects) await note(work, "purged", { instance, ...object }, () => finishPurge(work.ledger, { instance, event, known: work.known.get(object.key) }, object));
  }
}

/** Stages each reduced copy, writes the event that declares it, then replaces the original. */
async function reduceAll(work: Work, chain: Chain, copies: readonly PlannedReduction[]): Promise<void> {
  const { instance } = chain;
  const { now } = work.call;
  for (const { rule, ofRule } of declarable(copies.filter((copy) => isAsPlanned(work, chain, copy)))) {
    const objects: EventOf<"reduction">["objects"] = [];
    for (const copy of ofRule) {
      const reduced = await reduceCopy(work.ledger, work.known.get(copy.key), copy, { now, holds: holdsOver(work.holds, instance) });
      if ("kind" in reduced) work.done.left.push({ instance, key: copy.key, size: copy.size, why: formatCause(reduced), cause: reduced });
      else objects.push(reduced);
    }
    if (objects.length === 0) continue;
    const event = await declare<EventOf<"reduction">>(work, (id) => ({ format: 1, id, kind: "reduction", ...origin(work, chain, objects), rule, head: chain.head, objects }));
    for (const object of objects) await note(work, "reduced", { instance, key: object.key, size: object.before.size }, () => finishReduction(work.ledger, { instance, event, known: work.known.get(object.key) }, object, now));
  }
}

/** Groups copies by rule, in portions that fit into one event. */
function declarable<Copy extends { rule: string }>(copies: readonly Copy[]): { rule: string; ofRule: Copy[] }[] {
  return [...Map.groupBy(copies, (copy) => copy.rule)].flatMap(([rule, all]) => {
    const starts = Array.from({ length: Math.ceil(all.length / MOST_COPIES_DECLARED) }, (_, index) => index * MOST_COPIES_DECLARED);
    return starts.map((start) => ({ rule, ofRule: all.slice(start, start + MOST_COPIES_DECLARED) }));
  });
}

function origin({ call }: Work, { instance, changes }: Chain, objects: readonly { key: string }[]): Pick<ArchiveEvent, "instance" | "at" | "by"> {
  const before = objects.flatMap(({ key }) => changes.get(key) ?? []).map(({ event }) => event.at);
  return { instance, at: nextEventTime(before, call.now).toISOString(), by: call.by };
}

/** Records a signed event whose id is derived from its content. */
async function declare<Event extends EventOf<"purge"> | EventOf<"reduction">>({ ledger, signingKey }: Work, made: (id: string) => Event): Promise<Event> {
  const event = made(sha256Hex(canonicalBytes(made(""))).slice(0, 10));
  await recordEvent(ledger.stores.archive, event, signingKey, ledger.work.archiving.lock);
  return event;
}

/** False if another run has changed the copy since. */
function isAsPlanned({ ledger }: Work, { expected }: Chain, { key, sha256, instance }: PlannedCopy): boolean {
  const isThere = expected.get(key)?.now?.sha256 === sha256;
  if (!isThere) ledger.telling.log.warn({ instance, copy: key }, "skipped: another run changed it");
  return isThere;
}

/** Does the work and counts it. A copy that turns out to be locked stays; the next run tries again. */
async function note({ done, ledger }: Work, what: "purged" | "reduced", { instance, key, size }: Omit<KeptBack, "why" | "cause">, work: () => Promise<{ bytes: number }>): Promise<boolean> {
  try {
    done.bytes += (await work()).bytes;
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== "object_locked") throw error;
    done.left.push({ instance, key, size, why: error.message, cause: { kind: "lock", until: null } });
    return false;
  }
  done[what]++;
  ledger.telling.log.info({ instance, copy: key }, `copy ${what}`);
  return true;
}

/** Longer than any run takes: another run may be about to declare the copies that it staged. */
const STAGED_MILLISECONDS = DAY_MS;

/** Removes copies that were staged long ago and that no event declares. */
async function clearStage({ stores: { lake } }: Purging, { unfinished }: PurgePlan, now: Date): Promise<void> {
  const waiting = new Set(unfinished.map(({ key }) => key));
  for await (const { key, lastModified } of lake.list(STAGED_COPIES)) {
    const isOld = now.getTime() - lastModified.getTime() > STAGED_MILLISECONDS;
    if (isOld && !waiting.has(key.slice(STAGED_COPIES.length))) await eraseObject(lake, key);
  }
}

/** Loads the holds, which must be the same as when the plan was made. */
async function loadHoldsOf(ledger: Purging, plan: PurgePlan): Promise<Hold[]> {
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving);
  const now = holds.filter(({ released }) => released === null).map(({ id }) => id);
  if (JSON.stringify(now) === JSON.stringify(plan.holds)) return holds;
  throw new LedgerError("archive_conflict", `holds in ${ledger.stores.archive.url} were set or released after the plan was made`, { remedy: "nothing was removed: try again", retryable: true });
}

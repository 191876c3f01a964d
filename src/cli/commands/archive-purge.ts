import { randomUUID } from "node:crypto";
import { requireKeyOfChain } from "../../archive/require-signing-key.ts";
import { requireRightClock } from "../../archive/timekeeping/confirm-clock.ts";
import { planPurge } from "../../archive/purging/plan-purge.ts";
import { purgeArchive, type PurgedArchive } from "../../archive/purge-archive.ts";
import type { PlannedReduction, PurgePlan } from "../../archive/purging/purge-plan.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { openStores, openStoresToWrite } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";
import { amount, count, sumOf } from "./describe-copies.ts";
import { describeKeptBack } from "./describe-kept-back.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Clock } from "../../ledger/clock.ts";

export interface PurgeFlags extends SettingFlags {
  apply?: boolean;
  clockIsRight?: boolean;
  by?: string;
  json?: boolean;
}

/** Shows the expired parts of the archive; removes them with `apply`. */
export async function archivePurge(flags: PurgeFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const progress = await openProgress();
  const now = clock();
  try {
    const ledger = await openLedger(config, { log: openLog(), progress, clock: () => now }, "cached", await (flags.apply ? openStoresToWrite : openStores)(config));
    const state = await loadLedgerState(ledger.stores.lake);
    if (flags.apply) {
      await requireKeyOfChain(ledger);
      await requireRightClock(ledger, state, { what: "purge", now, by: actor(flags.by), isConfirmed: flags.clockIsRight ?? false, newId: randomUUID });
    }
    const plan = await planPurge(ledger, state, now);
    const done = flags.apply ? await purgeArchive(ledger, state, plan, { by: actor(flags.by), now }) : undefined;
    progress.end();
    if (flags.json) printJson(purgeJson(plan, done));
    else print(...describePurge(plan, done, ledger.work.archiving.retention.length));
    sayNext({ after: "archive purge", expired: plan.purges.length + plan.reductions.length + plan.unfinished.length, applied: done !== undefined }, flags);
  } finally {
    progress.end();
  }
  return 0;
}

function purgeJson({ purges, reductions, unfinished, keptBack }: PurgePlan, done: PurgedArchive | undefined): object {
  const kept = [...keptBack, ...(done?.left ?? [])];
  return {
    applied: done !== undefined,
    purges,
    reductions,
    unfinished,
    kept_back: kept.map(({ instance, key, size, why }) => ({ instance, key, size, why })),
    totals: { copies: purges.length, bytes: sumOf(purges), reductions: reductions.length, kept_back: kept.length },
    ...(done && { done: { purged: done.purged, reduced: done.reduced, finished: done.finished, bytes: done.bytes } }),
  };
}

/** Sums first, then what they are made of. */
function describePurge({ purges, reductions, unfinished, keptBack }: PurgePlan, done: PurgedArchive | undefined, rules: number): string[] {
  const kept = [...keptBack, ...(done?.left ?? [])];
  const lines = [
    ...(rules === 0 ? ["attention    no rules are configured: everything is kept (archive.retention)"] : []),
    `expired      ${amount(purges)}, parts of ${count(reductions.length)}; ${count(kept.length)} kept back`,
    ...byRule(purges).map(([rule, copies]) => `by rule      ${amount(copies)}${describeRequests(copies)}: ${rule}`),
    ...byRule(reductions).map(([rule, copies]) => `by rule      parts of ${amount(copies)}${describeParts(copies)}: ${rule}`),
    ...describeKeptBack(kept),
    ...firstLines(unfinished, ({ key, event }) => `unfinished   ${key}: its ${event} was declared by an earlier run`),
    ...firstLines(purges, ({ key, size, rule }) => `${(done ? "purge" : "would purge").padEnd(12)} ${key} (${String(size)} bytes): ${rule}`),
    ...firstLines(reductions, (one) => `${(done ? "reduce" : "would reduce").padEnd(12)} ${one.key}: ${describeReduction(one)}${one.rule}`),
    ...firstLines(kept, ({ key, size, why }) => `stays        ${key} (${String(size)} bytes): ${why}`),
    done === undefined
      ? purges.length + reductions.length + unfinished.length === 0 ? "nothing has expired, so there is nothing to remove" : "nothing was removed: --apply does it"
      : `done         ${count(done.purged)} purged, ${count(done.reduced)} reduced, ${String(done.finished)} of them begun by an earlier run; ${String(done.bytes)} bytes freed`,
  ];
  return lines.map(visibleText);
}

function byRule<Copy extends { rule: string }>(copies: readonly Copy[]): [string, Copy[]][] {
  return [...Map.groupBy(copies, ({ rule }) => rule)].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Nothing if it is not known how many requests are left in one of them. */
function describeRequests(copies: PurgePlan["purges"]): string {
  const known = copies.flatMap(({ requests }) => requests ?? []);
  return known.length < copies.length ? "" : ` with ${String(sum(known))} requests`;
}

function describeParts(copies: readonly PlannedReduction[]): string {
  const known = copies.flatMap(({ records, bodies }) => (records === null || bodies === null ? [] : [{ records, bodies }]));
  return known.length < copies.length ? "" : `, ${String(sum(known.map((one) => one.records)))} records and bodies of ${String(sum(known.map((one) => one.bodies)))}`;
}

function describeReduction({ records, bodies }: PlannedReduction): string {
  return records === null || bodies === null ? "" : `${String(records)} records, bodies of ${String(bodies)}: `;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

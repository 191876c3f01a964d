import { type DueCopy, type DuePlan, outcomeAt, planDue } from "../../archive/purging/plan-due.ts";
import { formatCause, type KeptBack } from "../../archive/purging/purge-plan.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import type { Clock } from "../../ledger/clock.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { monthAt } from "../../ledger/months.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { firstLines, label } from "../first-lines.ts";
import { presentation } from "../presentation.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { amount, count, sumOf } from "./describe-copies.ts";
import { describeKeptBack } from "./describe-kept-back.ts";

export interface DueFlags extends SettingFlags {
  days: number;
  gateway?: string;
  json?: boolean;
}

/** Shows what falls due in the next days, by month and rule, and what is kept back then. Writes nothing. */
export async function archiveDue(flags: DueFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const progress = await openProgress();
  const now = clock();
  const until = new Date(now.getTime() + flags.days * DAY_MS);
  try {
    const ledger = await openLedger(config, { log: openLog(), progress, clock: () => now }, "cached");
    const plan = await planDue(ledger, await loadLedgerState(ledger.stores.lake), { now, until, gateway: flags.gateway });
    progress.end();
    if (flags.json) printJson(dueJson(plan, now, until));
    else print(...describeDue(plan, now, until, ledger.work.archiving.retention.length));
  } finally {
    progress.end();
  }
  return 0;
}

/** What falls due in a month under the same rules. */
interface DueSum {
  /** `YYYY-MM`, UTC; `today`: it is due already. */
  when: string;
  what: "purge" | "reduce";
  rule: string;
  copies: DueCopy[];
}

/** In order of time, rule and kind. A copy that is first reduced and later purged is in both sums. */
function sumsOf({ copies }: DuePlan, now: Date): DueSum[] {
  const sums = new Map<string, DueSum>();
  for (const copy of copies) {
    for (const { at, outcome } of copy.stages) {
      if (outcome.what !== "purge" && outcome.what !== "reduce") continue;
      const { what, rule } = outcome;
      const when = at <= now ? "today" : monthAt(at, "UTC");
      const id = JSON.stringify([at <= now ? "" : when, rule, what]);
      const ofKind = sums.get(id) ?? { when, what, rule, copies: [] };
      sums.set(id, ofKind);
      ofKind.copies.push(copy);
    }
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Each copy once for each reason that keeps it back at some time of the span. */
function keptOf({ copies }: DuePlan): KeptBack[] {
  return copies.flatMap(({ instance, key, size, stages }) => stages.flatMap(({ outcome }) => (outcome.what === "stay" ? [{ instance, key, size, why: formatCause(outcome.cause), cause: outcome.cause }] : [])));
}

function totalsOf({ copies }: DuePlan, until: Date): { copies: number; bytes: number; reductions: number; kept_back: number } {
  const endingIn = (what: string): DueCopy[] => copies.filter((copy) => outcomeAt(copy, until).what === what);
  return { copies: endingIn("purge").length, bytes: sumOf(endingIn("purge")), reductions: endingIn("reduce").length, kept_back: endingIn("stay").length };
}

function requestsIn(copies: readonly DueCopy[]): number | null {
  const known = copies.flatMap(({ requests }) => requests ?? []);
  return known.length < copies.length ? null : known.reduce((sum, requests) => sum + requests, 0);
}

function dueJson(plan: DuePlan, now: Date, until: Date): object {
  return {
    at: now.toISOString(),
    until: until.toISOString(),
    totals: totalsOf(plan, until),
    due: sumsOf(plan, now).map(({ when, what, rule, copies }) => ({ when, what, rule, copies: copies.length, bytes: sumOf(copies), requests: what === "purge" ? requestsIn(copies) : null })),
    kept_back: keptOf(plan).map(({ cause, ...one }) => ({ ...one, holds: cause.kind === "hold" ? cause.holds.map(({ id }) => id) : [], until: cause.kind === "lock" ? cause.until : null })),
    unfinished: plan.unfinished,
  };
}

function describeDue(plan: DuePlan, now: Date, until: Date, rules: number): string[] {
  const { copies, bytes, reductions, kept_back: kept } = totalsOf(plan, until);
  const lines = [
    ...(rules === 0 ? ["attention    no rules are configured: everything is kept (archive.retention)"] : []),
    `due          until ${until.toISOString().slice(0, 10)}: ${count(copies)} of ${String(bytes)} bytes, parts of ${count(reductions)}; ${count(kept)} kept back`,
    ...firstLines(sumsOf(plan, now), describeSum),
    ...describeKeptBack(keptOf(plan)),
    ...(plan.unfinished.length === 0 ? [] : [`unfinished   ${count(plan.unfinished.length)}: archive purge --apply finishes what an earlier run declared`]),
    ...(presentation().all ? plan.copies.flatMap(describeCopy) : []),
  ];
  return lines.map(visibleText);
}

function describeSum({ when, what, rule, copies }: DueSum): string {
  if (what === "reduce") return `${label(when)}parts of ${amount(copies)}: ${rule}`;
  const requests = requestsIn(copies);
  return `${label(when)}${amount(copies)}${requests === null ? "" : ` with ${String(requests)} requests`}: ${rule}`;
}

function describeCopy({ key, stages }: DueCopy): string[] {
  return stages.map(({ at, outcome }) => `${label(at.toISOString().slice(0, 10))}${key}: ${outcome.what === "stay" ? `stays, ${formatCause(outcome.cause)}` : outcome.what === "keep" ? outcome.what : `${outcome.what}, ${outcome.rule}`}`);
}

import { expect, test } from "vitest";
import { addHold } from "../../src/archive/add-hold.ts";
import { type DuePlan, outcomeAt, planDue } from "../../src/archive/purging/plan-due.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { NO_TEAMS } from "../no-teams.ts";
import type { Asked } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { LockingStore } from "./locking-store.ts";
import { planAt, retainedLedger, rule } from "./retained-archive.ts";

const REQUESTS: Asked[] = [
  { by: "ann@example.com", at: "2026-10-05T08:00:00Z" },
  { by: "bob@example.com", at: "2026-10-05T09:00:00Z" },
  { by: "bob@example.com", at: "2026-10-06T09:00:00Z", session: "s2" },
  { by: "ann@example.com", at: "2026-10-20T09:00:00Z" },
  { by: "bob@example.com", at: "2026-10-25T09:00:00Z" },
];
const RULES = [rule("records", "1 month", { teams: ["web"] }), rule("bodies", "20 days"), rule("records", "2 months")];
const WEB = { ...NO_TEAMS, teams: [{ name: "web", members: ["ann@example.com"] }] };
const NOW = new Date("2026-11-01T00:00:00Z");
const UNTIL = new Date("2026-12-30T00:00:00Z");
const DAYS = ["2026-11-01", "2026-11-06", "2026-11-10", "2026-11-16", "2026-11-21", "2026-12-06", "2026-12-07", "2026-12-08", "2026-12-21", "2026-12-26", "2026-12-30"];

async function due(ledger: Ledger, gateway?: string): Promise<DuePlan> {
  return await planDue(ledger, await loadLedgerState(ledger.stores.lake), { now: NOW, until: UNTIL, gateway });
}

/** Copies by what is due of them at a time. */
function dueBy({ copies }: DuePlan, at: Date): unknown {
  const ofKind = (what: string): string[] => copies.flatMap((copy) => (outcomeAt(copy, at).what === what ? [copy.key] : [])).toSorted();
  return { purges: ofKind("purge"), reductions: ofKind("reduce"), keptBack: ofKind("stay") };
}

test("what is due by a day is what a purge plans on that day: by team, by bodies, under a hold, behind a lock", async () => {
  const archive = new LockingStore(new FsStore(temporaryFolder()), () => NOW);
  const ledger = await retainedLedger(REQUESTS, RULES, { changes: { stores: { archive }, rules: { allocation: WEB } } });
  const state = await loadLedgerState(ledger.stores.lake);
  const locked = [...state.exports.values()].find(({ time }) => time.startsWith("2026-10-21"))!.archive;
  archive.protections.set(locked, { retention: { mode: "COMPLIANCE", until: new Date("2026-11-28T00:00:00Z") }, legalHold: false });
  const selection = { instance: null, caller: null, session: "s2", from: null, to: null };
  await addHold(ledger, { selection, reason: "case 7", by: "kim@example.com", at: "2026-10-31T00:00:00.000Z" });

  const plan = await due(ledger);
  for (const day of DAYS) {
    const at = new Date(`${day}T12:00:00Z`);
    const { purges, reductions, keptBack } = await planAt(ledger, at);
    const keys = (copies: readonly { key: string }[]): string[] => copies.map(({ key }) => key).toSorted();
    expect([day, dueBy(plan, at)]).toEqual([day, { purges: keys(purges), reductions: keys(reductions), keptBack: keys(keptBack) }]);
  }
  const causes = plan.copies.flatMap(({ stages }) => stages.flatMap(({ outcome }) => (outcome.what === "stay" ? [outcome.cause] : [])));
  // The store's own legal hold is named by the hold that it stands for.
  expect(causes).toContainEqual({ kind: "hold", holds: [expect.objectContaining({ reason: "case 7" })] });
  expect(causes).toContainEqual({ kind: "lock", until: "2026-11-28T00:00:00.000Z" });
});

test("only the gateway that is asked for, and an unknown one is refused", async () => {
  const ledger = await retainedLedger(REQUESTS.slice(0, 1), [rule("records", "1 month")]);
  expect((await due(ledger, "prod")).copies).toMatchObject([{ requests: 1, stages: [{ at: new Date("2026-11-06T00:59:59Z"), outcome: { what: "purge" } }] }]);
  await expect(due(ledger, "lab")).rejects.toMatchObject({ code: "usage" });
});

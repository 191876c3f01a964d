import { join } from "node:path";
import { z } from "zod";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet } from "../ledger/sql/sql-texts.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { selectedGateways } from "./add-hold.ts";
import type { Selection } from "./chain/event.ts";
import type { Holding } from "./legal-holds.ts";
import { findHeldCopies, isAboutDay, whereHeld } from "./purging/held-copies.ts";
import { pseudonymOfSelection } from "./purging/load-chain.ts";

/** What a hold would cover now. Nothing is recorded. */
export interface HoldPreview {
  selection: Selection;
  gateways: string[];
  /** Requests in the built days, each counted once. */
  requests: number;
  /** Callers with most of these requests first, and how many callers there are. */
  callers: { caller: string; requests: number }[];
  callerCount: number;
  /** Keys of the copies in the archive, in order. */
  copies: string[];
  /** Days that the selection is about and that are not built: their requests are not counted. */
  unbuiltDays: number;
}

/** Limit of callers to name. */
const MOST_CALLERS = 5;

const byCaller = z.array(z.tuple([z.string(), z.bigint()]));

/** Searches the tables for what a hold would cover, as placing it does. Throws `usage` for an unknown gateway or an empty archive. */
export async function previewHold(ledger: Holding, selection: Selection): Promise<HoldPreview> {
  const { stores: { lake }, work: { archiving } } = ledger;
  const gateways = await selectedGateways(ledger, selection);
  const state = await loadLedgerState(lake);
  const meant = { selection, ...pseudonymOfSelection(selection, archiving) };
  const hold = { ...meant, id: "preview", reason: "", by: "", at: "", instances: gateways, released: null };
  const copies = [...((await findHeldCopies(lake, state, [hold])).get(hold.id) ?? [])].sort();
  const days = [...state.days.values()].filter((day) => isAboutDay(selection, day));
  const counts = new Map<string, number>();
  await withWorkspace(async (workspace) => {
    await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      for (const { usage } of days) {
        const file = join(workspace, "usage.parquet");
        await downloadWritten(lake, usage, file);
        const found = await duck.runAndReadAll(`SELECT caller, count(*) FROM ${readParquet(file)} WHERE ${whereHeld(meant)} GROUP BY caller`);
        for (const [caller, requests] of byCaller.parse(found.getRowsJS())) counts.set(caller, (counts.get(caller) ?? 0) + Number(requests));
      }
    });
  });
  const callers = [...counts].map(([caller, requests]) => ({ caller, requests })).sort((a, b) => b.requests - a.requests || (a.caller < b.caller ? -1 : 1));
  const landed = [...state.exports.values()].flatMap(({ instance, landing }) => landing.map(({ date }) => ({ date, instance })));
  const built = new Set([...state.days.values()].map(({ date, instance }) => `${date} ${instance}`));
  const unbuilt = new Set(landed.filter((day) => isAboutDay(selection, day)).map(({ date, instance }) => `${date} ${instance}`).filter((day) => !built.has(day)));
  return { selection, gateways, requests: callers.reduce((sum, { requests }) => sum + requests, 0), callers: callers.slice(0, MOST_CALLERS), callerCount: callers.length, copies, unbuiltDays: unbuilt.size };
}

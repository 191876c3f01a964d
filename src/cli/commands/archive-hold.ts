import { parseSelection, type WrittenSelection } from "../../archive/hold-selection.ts";
import { addHold } from "../../archive/add-hold.ts";
import { holdToJson, type HoldChange, type HoldWithCopies, listHolds, releaseHold } from "../../archive/legal-holds.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { Clock } from "../../ledger/clock.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../ledger/text/list-some.ts";

export interface HoldFlags extends SettingFlags {
  by?: string;
  json?: boolean;
}
export type HoldAddFlags = HoldFlags & WrittenSelection & { reason: string };
export type HoldReleaseFlags = HoldFlags & { reason: string };

/** Puts records on hold. */
export async function holdAdd(flags: HoldAddFlags, clock: Clock): Promise<number> {
  const wish = { selection: parseSelection(flags), reason: reasonOf(flags.reason), by: actor(flags.by), known: "command", at: clock().toISOString() } as const;
  const change = await addHold(await open(flags, clock), wish);
  if (flags.json) printJson(holdToJson(change));
  else print(...describe(change), ...(change.copies === 0 ? ["attention    no ingested record matches it so far: check that every value is spelt as in the usage table"] : []));
  if (change.failed === undefined) sayNext({ after: "archive hold" }, flags);
  return endOf(change);
}

/** Lists all holds, released ones included. */
export async function holdList(flags: HoldFlags, clock: Clock): Promise<number> {
  const ledger = await open(flags, clock);
  const holds = await listHolds(ledger, await loadLedgerState(ledger.stores.lake));
  if (flags.json) printJson({ holds: holds.map(holdToJson) });
  else print(...(holds.length === 0 ? [`no holds in ${ledger.stores.archive.url}`] : firstLines(holds, describe)));
  return 0;
}

/** Ends a hold. */
export async function holdRelease(id: string, flags: HoldReleaseFlags, clock: Clock): Promise<number> {
  const wish = { id, reason: reasonOf(flags.reason), by: actor(flags.by), known: "command", at: clock().toISOString() } as const;
  const change = await releaseHold(await open(flags, clock), wish);
  if (flags.json) printJson(holdToJson(change));
  else print(...describe(change));
  return endOf(change);
}

/** A failure after the hold was recorded is still an error; the hold has been shown before. */
function endOf({ failed }: HoldChange): number {
  if (failed !== undefined) throw failed instanceof Error ? failed : new Error(messageOf(failed));
  return 0;
}

async function open({ instance, ...flags }: HoldFlags, clock: Clock): Promise<Ledger> {
  // Without a source, --instance selects records and is not a setting.
  const config = await loadSettings(flags.source === undefined || instance === undefined ? flags : { ...flags, instance });
  return await openLedger(config, { log: openLog(), progress: silentProgress, clock }, "cached");
}

function reasonOf(text: string): string {
  if (text.trim() !== "") return text.trim();
  throw new LedgerError("usage", "--reason is empty", { remedy: "say why: it is kept with the hold" });
}

function describe({ id, selection, reason, by, at, instances, released, copies }: HoldWithCopies | HoldChange): string[] {
  const meant = Object.entries(selection).flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]));
  const lines = [
    `${released === null ? "on hold     " : "released    "} ${id}: ${meant.join(", ")}`,
    `             since ${at} by ${by}: ${reason}`,
    `             ${copies === null ? "recorded; its copies were not all marked" : `${String(copies)} ${copies === 1 ? "copy" : "copies"}`} of ${listSome(instances)}`,
    ...(released === null ? [] : [`             until ${released.at}, ended by ${released.by}: ${released.reason}`]),
  ];
  return lines.map(visibleText);
}

import { selectionOf, type WrittenSelection } from "../../../jobs/archive/hold-selection.ts";
import { addHold, describeHold, type HoldWithCopies, listHolds, releaseHold } from "../../../jobs/archive/legal-holds.ts";
import { holdId } from "../../archive/retention/hold.ts";
import { visibleText } from "../../chargeback/visible-text.ts";
import { LedgerError } from "../../errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../open-ledger.ts";
import { loadSettings, type SettingFlags } from "../settings.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { whoCalls } from "../who-calls.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../list-some.ts";

export interface HoldFlags extends SettingFlags {
  by?: string;
  json?: boolean;
}
export type HoldAddFlags = HoldFlags & WrittenSelection & { reason: string };
export type HoldReleaseFlags = HoldFlags & { reason: string };

/** Puts records on hold. */
export async function holdAdd(flags: HoldAddFlags): Promise<number> {
  const wish = { selection: selectionOf(flags), reason: reasonOf(flags.reason), by: whoCalls(flags.by), at: new Date().toISOString() };
  const { ledger, state } = await open(flags);
  const hold = await addHold(ledger, state, { id: holdId(wish), ...wish });
  if (flags.json) printJson(describeHold(hold));
  else print(...describe(hold), ...(hold.copies === 0 ? ["attention    nothing that was ingested fits it so far: is all of it spelt as in the usage table?"] : []));
  return 0;
}

/** Every hold there is or was. */
export async function holdList(flags: HoldFlags): Promise<number> {
  const { ledger, state } = await open(flags);
  const holds = await listHolds(ledger, state);
  if (flags.json) printJson({ holds: holds.map(describeHold) });
  else print(...(holds.length === 0 ? [`no holds in ${ledger.archive.url}`] : firstLines(holds, describe)));
  return 0;
}

/** Ends a hold. */
export async function holdRelease(id: string, flags: HoldReleaseFlags): Promise<number> {
  const wish = { id, reason: reasonOf(flags.reason), by: whoCalls(flags.by), at: new Date().toISOString() };
  const { ledger, state } = await open(flags);
  const hold = await releaseHold(ledger, state, wish);
  if (flags.json) printJson(describeHold(hold));
  else print(...describe(hold));
  return 0;
}

async function open({ instance, ...flags }: HoldFlags) {
  // Without a source --instance says whose records are meant, and is no setting.
  const config = await loadSettings(flags.source === undefined || instance === undefined ? flags : { ...flags, instance });
  const ledger = await openLedger(config, { log: openLog(), progress: silentProgress, clock: () => new Date() }, "is as kept");
  return { ledger, state: await loadLedgerState(ledger.lake) };
}

function reasonOf(text: string): string {
  if (text.trim() !== "") return text.trim();
  throw new LedgerError("usage", "--reason is empty", { remedy: "say why: it is kept with the hold" });
}

function describe({ id, selection, reason, by, at, instances, released, copies }: HoldWithCopies): string[] {
  const meant = Object.entries(selection).flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]));
  const lines = [
    `${released === null ? "on hold     " : "released    "} ${id}: ${meant.join(", ")}`,
    `             since ${at} by ${by}: ${reason}`,
    `             ${String(copies)} ${copies === 1 ? "copy" : "copies"} of ${listSome(instances)}`,
    ...(released === null ? [] : [`             until ${released.at}, ended by ${released.by}: ${released.reason}`]),
  ];
  return lines.map(visibleText);
}

import { z } from "zod";
import { type CopyTools, type OpenedCopies } from "../../archive/extracting/open-copies.ts";
import { type ExportToOpen, findCallers, findExports, scanExports } from "../../archive/extracting/find-exports.ts";
import { nearestCallers } from "../../archive/extracting/nearest-callers.ts";
import { callerOf, type RecordSelection } from "../../archive/extracting/record-selection.ts";
import { unvouchedIn } from "../../archive/chain/inclusion-proof.ts";
import { listInstances } from "../../archive/copies/list-archive.ts";
import { UNVOUCHED, type UnvouchedReason } from "../../archive/copies/unvouched.ts";
import { type Looking, recordLooking } from "../../archive/record-looking.ts";
import { requireNonEmpty } from "../../archive/require-non-empty.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { openArchive, openLake } from "../../open/open-stores.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { findPublicKey } from "../find-public-key.ts";
import { firstLines } from "../first-lines.ts";
import { randomUUID } from "node:crypto";

/** Flags of the commands that look into copies. */
export interface SelectionFlags extends Omit<SettingFlags, "instance"> {
  /** Name of the gateway whose records are wanted. */
  instance?: string;
  caller?: string;
  session?: string;
  capture?: string;
  /** A time, or a day in the configured time zone. */
  from?: string;
  to?: string;
  /** Opens all exports of that time, without the tables. */
  scan?: boolean;
}

/** What such a command works with. */
export interface Selected {
  config: Config;
  archive: ObjectStore;
  selection: RecordSelection;
  exports: readonly ExportToOpen[];
}

/** Finds the copies that may contain the selected records. Throws `usage` for a gateway that is not in the archive. */
export async function selectCopies({ instance, ...flags }: SelectionFlags): Promise<Selected> {
  // With --source, it also names that source's gateway, as in every command.
  const config = await loadSettings({ ...flags, ...(flags.source === undefined ? {} : { instance }) });
  const selection = await selectionOf(instance, flags, config.timezone);
  const archive = await openArchive(config);
  const exports = flags.scan ? await scanExports(archive, selection) : await findExports(await openLake(config), selection);
  if (exports.length === 0 && instance !== undefined) await refuseUnknown(archive, instance);
  return { config, archive, selection, exports };
}

/** Records in the chain who looks, and returns what to open copies with. A line on stderr says where nothing is recorded. */
export async function announceLooking({ config, archive, selection }: Selected, looking: Omit<Looking, "selection">, clock: Clock): Promise<Pick<CopyTools, "archive" | "publicKey">> {
  const archiving = await openArchiving(config);
  const recorded = await recordLooking({ stores: { archive }, work: { archiving, clock } }, { ...looking, selection }, randomUUID);
  if (recorded.length === 0) process.stderr.write("not recorded: no key is configured to sign the archive, so it does not keep who looked at it\n");
  return { archive, publicKey: await findPublicKey(config) };
}

/** A line with the callers whose names are like the one that nothing was found of. */
export async function hintAtCallers({ config, selection }: Selected, { scan }: SelectionFlags): Promise<string[]> {
  const caller = callerOf(selection);
  if (caller === undefined || scan || config.lake === undefined) return [];
  const callers = await findCallers(await openLake(config), selection);
  const near = callers.has(caller) ? [] : nearestCallers(caller, callers);
  return near.length === 0 ? [] : [`hint         did you mean ${near.map(visibleText).join(", or ")}?`];
}

/** An empty result is a valid answer, but not for a mistyped name. */
async function refuseUnknown(archive: ObjectStore, instance: string): Promise<void> {
  const known = await listInstances(archive);
  if (known.includes(instance)) return;
  throw mistake(`there is no gateway ${JSON.stringify(instance)} in ${archive.url}`, known.length === 0 ? "ingest exports with aperture-ledger run first" : `gateways are ${listSome(known)}`);
}

async function selectionOf(instance: string | undefined, { from, to, ...flags }: SelectionFlags, timezone: string): Promise<RecordSelection> {
  const [caller, session, capture] = [requireNonEmpty("--caller", flags.caller), requireNonEmpty("--session", flags.session), requireNonEmpty("--capture", flags.capture)];
  const selection = { instance, caller, session, capture, from: await timeOf("--from", from, timezone, 0), to: await timeOf("--to", to, timezone, 1) };
  if (selection.from === undefined || selection.to === undefined || selection.from < selection.to) return selection;
  throw mistake(`--from ${String(from)} is not before --to ${String(to)}`, "the first time is included, the second is not; a day that ends it is included");
}

/** @param dayOn days to add to a given day: the last day belongs to the span. */
async function timeOf(flag: string, text: string | undefined, timezone: string, dayOn: number): Promise<Date | undefined> {
  if (text === undefined) return undefined;
  if (z.iso.date().safeParse(text).success) {
    // Loaded here: the calendar takes more memory than a search, and many searches name no day.
    const { addDays, startOfDay } = await import("../../ledger/days.ts");
    return startOfDay(addDays(text, dayOn), timezone);
  }
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text);
  throw mistake(`${flag} ${JSON.stringify(text)} is not a time`, "write a day as 2026-10-05, or a time as 2026-10-05T12:00:00Z");
}

export function mistake(message: string, remedy: string): LedgerError {
  return new LedgerError("usage", message, { remedy });
}

/** The objects that proofs have, and what to know about each. */
export function describeObjects({ proofs }: OpenedCopies): { key: string; sealed: boolean; unvouched: UnvouchedReason | null }[] {
  return proofs.objects.map((proof) => ({ key: proof.key, sealed: proof.sealed, unvouched: (proof.sealed ? unvouchedIn(proof) : undefined) ?? null }));
}

/** Lines about copies that nobody vouches for, and about those that are gone. */
export function warnOfCopies(opened: OpenedCopies): string[] {
  const objects = describeObjects(opened);
  return [
    ...firstLines(objects.filter(({ sealed }) => !sealed), ({ key }) => `not sealed   ${visibleText(key)}: no digest lists it yet`),
    ...firstLines(objects.flatMap(({ key, unvouched }) => (unvouched === null ? [] : [{ key, unvouched }])), ({ key, unvouched }) => `attention    ${visibleText(key)}: no trusted key vouches for its arrival: ${UNVOUCHED[unvouched]}`),
    ...firstLines(opened.purged, (key) => `purged       ${visibleText(key)}: the copy no longer exists`),
  ];
}

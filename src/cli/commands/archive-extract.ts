import { requireNonEmpty } from "../../archive/require-non-empty.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Extracted, extractArchive, type ExtractionTools } from "../../archive/extract-archive.ts";
import { type ExportToOpen, findExports, scanExports } from "../../archive/extracting/find-exports.ts";
import { emptyExport, type RecordFormat } from "../../archive/extracting/record-writers.ts";
import type { RecordSelection } from "../../archive/extracting/record-selection.ts";
import { unvouchedIn } from "../../archive/chain/inclusion-proof.ts";
import { UNVOUCHED, type UnvouchedReason } from "../../archive/copies/unvouched.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { type Config, toLocation } from "../../config/config.ts";
import { addDays, startOfDay } from "../../ledger/days.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { openLake } from "../../open/open-stores.ts";
import { findPublicKey } from "./archive-verify.ts";
import { openOutFile, openStdout, type Out, writeOutFile } from "../out-file.ts";
import { listInstances } from "../../archive/copies/list-archive.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../ledger/text/list-some.ts";

export interface ArchiveExtractFlags extends Omit<SettingFlags, "instance"> {
  /** Name of the gateway whose records are wanted. */
  instance?: string;
  caller?: string;
  session?: string;
  capture?: string;
  /** A time, or a day in the configured time zone. */
  from?: string;
  to?: string;
  scan?: boolean;
  format: RecordFormat;
  /** Paths. */
  out?: string;
  proofs?: string;
  /** Who requests the extract. */
  by?: string;
  json?: boolean;
}

/** Extracts records from the archive, with proofs that they are in it. Resolves to the exit code. */
export async function archiveExtract({ instance, ...flags }: ArchiveExtractFlags): Promise<number> {
  if (flags.out === undefined && flags.format === "export") throw mistake("--format export is given without --out", "name a file: the format is binary");
  if (flags.out === undefined && flags.json) throw mistake("--json is given without --out", "the records go to stdout then: name a file for them");
  // With --source, it also names that source's gateway, as in every command.
  const config = await loadSettings({ ...flags, ...(flags.source === undefined ? {} : { instance }) });
  const selection = selectionOf(instance, flags, config.timezone);
  const archive = config.archive.url === undefined ? await openLake(config) : await openStore(toLocation(config.archive.url));
  const exports = await exportsOf(config, archive, selection, flags.scan ?? false);
  const out = flags.out === undefined ? openStdout() : await openOutFile(flags.out);
  const extracted = await extractInto(out, { archive, publicKey: await findPublicKey(config) }, { selection, exports, flags });
  const proofs = flags.proofs ?? (flags.out === undefined ? undefined : `${flags.out}.proofs.json`);
  if (proofs !== undefined) await writeOutFile(proofs, `${JSON.stringify(extracted.proofs, null, 1)}\n`);
  if (flags.json) printJson(describeJson(extracted, flags.out, proofs));
  else if (flags.out !== undefined) print(...describe(extracted, flags.out, proofs));
  else process.stderr.write(`${describe(extracted, undefined, proofs).map(visibleText).join("\n")}\n`);
  sayNext({ after: "archive extract", proofs, publicKey: config.archive.public_key }, flags);
  return 0;
}

async function exportsOf(config: Config, archive: ObjectStore, selection: RecordSelection, scan: boolean): Promise<ExportToOpen[]> {
  const exports = scan ? await scanExports(archive, selection) : await findExports(await openLake(config), selection);
  if (exports.length === 0 && selection.instance !== undefined) await refuseUnknown(archive, selection.instance);
  return exports;
}

/** An empty result is a valid answer, but not for a mistyped name. */
async function refuseUnknown(archive: ObjectStore, instance: string): Promise<void> {
  const known = await listInstances(archive);
  if (known.includes(instance)) return;
  throw mistake(`there is no gateway ${JSON.stringify(instance)} in ${archive.url}`, known.length === 0 ? "ingest exports with aperture-ledger run first" : `gateways are ${listSome(known)}`);
}

interface Asked {
  selection: RecordSelection;
  exports: readonly ExportToOpen[];
  flags: Pick<ArchiveExtractFlags, "format" | "by">;
}

async function extractInto(out: Out, trusted: Pick<ExtractionTools, "archive" | "publicKey">, { selection, exports, flags: { format, by } }: Asked): Promise<Extracted> {
  const progress = await openProgress();
  try {
    const tools = { ...trusted, log: openLog(), progress };
    const extracted = await extractArchive(tools, { selection, exports, format, by: actor(by), append: (file) => out.append(file) });
    if (extracted.records === 0 && format === "export") await appendEmpty(out);
    await out.finish();
    return extracted;
  } catch (error) {
    await out.abandon();
    throw error;
  } finally {
    progress.end();
  }
}

async function appendEmpty(out: Out): Promise<void> {
  await withWorkspace(async (workspace) => {
    const file = join(workspace, "empty");
    await writeFile(file, emptyExport());
    await out.append(file);
  });
}

type SelectionFlags = Pick<ArchiveExtractFlags, "caller" | "session" | "capture" | "from" | "to">;

function selectionOf(instance: string | undefined, { from, to, ...flags }: SelectionFlags, timezone: string): RecordSelection {
  const [caller, session, capture] = [requireNonEmpty("--caller", flags.caller), requireNonEmpty("--session", flags.session), requireNonEmpty("--capture", flags.capture)];
  const selection = { instance, caller, session, capture, from: timeOf("--from", from, timezone, 0), to: timeOf("--to", to, timezone, 1) };
  if (selection.from === undefined || selection.to === undefined || selection.from < selection.to) return selection;
  throw mistake(`--from ${String(from)} is not before --to ${String(to)}`, "the first time is included, the second is not; a day that ends it is included");
}

/** @param dayOn days to add to a given day: the last day belongs to the span. */
function timeOf(flag: string, text: string | undefined, timezone: string, dayOn: number): Date | undefined {
  if (text === undefined) return undefined;
  if (z.iso.date().safeParse(text).success) return startOfDay(addDays(text, dayOn), timezone);
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text);
  throw mistake(`${flag} ${JSON.stringify(text)} is not a time`, "write a day as 2026-10-05, or a time as 2026-10-05T12:00:00Z");
}

function mistake(message: string, remedy: string): LedgerError {
  return new LedgerError("usage", message, { remedy });
}

function unsealedOf({ proofs }: Extracted): string[] {
  return proofs.objects.flatMap(({ sealed, key }) => (sealed ? [] : [key]));
}

function unvouchedOf({ proofs }: Extracted): { key: string; why: UnvouchedReason }[] {
  return proofs.objects.flatMap((proof) => {
    const why = proof.sealed ? unvouchedIn(proof) : undefined;
    return why === undefined ? [] : [{ key: proof.key, why }];
  });
}

function describe(extracted: Extracted, out: string | undefined, proofs: string | undefined): string[] {
  const { records, opened, purged, proofs: { objects } } = extracted;
  const unsealed = unsealedOf(extracted);
  return [
    records === 0 ? `extract      no record matches; exports opened: ${String(opened)}` : `extract      records: ${String(records)}, from objects: ${String(objects.length)}, exports opened: ${String(opened)}`,
    ...(out === undefined ? [] : [`written      ${out}`]),
    ...(proofs === undefined ? [] : [`proofs       ${proofs}`]),
    ...firstLines(unsealed, (key) => `not sealed   ${visibleText(key)}: no digest lists it yet`),
    ...firstLines(unvouchedOf(extracted), ({ key, why }) => `attention    ${visibleText(key)}: no trusted key vouches for its arrival: ${UNVOUCHED[why]}`),
    ...firstLines(purged, (key) => `purged       ${visibleText(key)}: the copy no longer exists`),
  ];
}

function describeJson(extracted: Extracted, out: string | undefined, proofs: string | undefined): object {
  const { records, opened, purged, proofs: { objects } } = extracted;
  const unvouched = new Map(unvouchedOf(extracted).map(({ key, why }) => [key, why]));
  return { records, objects: objects.map(({ key, sealed }) => ({ key, sealed, unvouched: unvouched.get(key) ?? null })), opened, purged, out: out ?? null, proofs: proofs ?? null };
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Extracted, extractArchive, type ExtractionTools } from "../../archive/extract-archive.ts";
import { extractThreads } from "../../archive/extract-threads.ts";
import { emptyExport, type ExtractionForm } from "../../archive/extracting/record-writers.ts";
import type { ThreadStore } from "../../archive/reading/thread-store.ts";
import { writeMbox } from "../../archive/reading/write-mbox.ts";
import { writePages } from "../../archive/reading/write-pages.ts";
import type { Clock } from "../../ledger/clock.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { actor } from "../actor.ts";
import { sayNext } from "../next-commands.ts";
import { openOutFile, openOutFolder, openStdout, type Out, writeOutFile } from "../out-file.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { announceLooking, describeObjects, hintAtCallers, mistake, selectCopies, type Selected, type SelectionFlags, warnOfCopies } from "./archive-selection.ts";

export interface ArchiveExtractFlags extends SelectionFlags {
  format: ExtractionForm;
  /** Paths. */
  out?: string;
  proofs?: string;
  /** Who requests the extract. */
  by?: string;
  reason?: string;
  json?: boolean;
}

/** Extracts records from the archive, with proofs that they are in it. Resolves to the exit code. */
export async function archiveExtract(flags: ArchiveExtractFlags, clock: Clock): Promise<number> {
  const { format, out: path } = flags;
  if (path === undefined && format === "export") throw mistake("--format export is given without --out", "name a file: the format is binary");
  if (path === undefined && format === "html") throw mistake("--format html is given without --out", "name a folder: each session gets a page");
  if (path === undefined && flags.json) throw mistake("--json is given without --out", "the records go to stdout then: name a file for them");
  const selected = await selectCopies(flags);
  const by = actor(flags.by);
  const extracted = await extractTo(path, selected, async () => await announceLooking(selected, { what: { kind: "extraction", form: format }, wanted: new Map(), by, reason: flags.reason }, clock), { format, by });
  const proofs = flags.proofs ?? (path === undefined ? undefined : `${path}.proofs.json`);
  if (proofs !== undefined) await writeOutFile(proofs, `${JSON.stringify(extracted.proofs, null, 1)}\n`);
  const hints = extracted.records === 0 ? await hintAtCallers(selected, flags) : [];
  if (flags.json) printJson(describeJson(extracted, path, proofs));
  else if (path !== undefined) print(...describe(extracted, path, proofs), ...hints);
  if (path === undefined) process.stderr.write(`${[...describe(extracted, undefined, proofs), ...hints].map(visibleText).join("\n")}\n`);
  sayNext({ after: "archive extract", proofs, publicKey: selected.config.archive.public_key }, flags);
  return 0;
}

type Trusted = Pick<ExtractionTools, "archive" | "publicKey">;

/** @param announce called after the output is known to be writable, and before anything is read. */
async function extractTo(path: string | undefined, { selection, exports }: Selected, announce: () => Promise<Trusted>, { format, by }: { format: ExtractionForm; by: string }): Promise<Extracted> {
  const asked = { selection, exports, by };
  if (format === "html") {
    const out = await openOutFolder(path ?? "");
    return await finishing(out, announce, (tools) => extractThreads(tools, { ...asked, form: format, write: (threads) => writePages(out.folder, threads) }));
  }
  const out = path === undefined ? openStdout() : await openOutFile(path);
  if (format === "mbox") return await finishing(out, announce, (tools) => extractThreads(tools, { ...asked, form: format, write: (threads) => appendMbox(out, threads) }));
  return await finishing(out, announce, async (tools) => {
    const extracted = await extractArchive(tools, { ...asked, format, append: (file) => out.append(file) });
    if (extracted.records === 0 && format === "export") await appendEmpty(out);
    return extracted;
  });
}

async function finishing(out: Pick<Out, "finish" | "abandon">, announce: () => Promise<Trusted>, extract: (tools: ExtractionTools) => Promise<Extracted>): Promise<Extracted> {
  const progress = await openProgress();
  try {
    const extracted = await extract({ ...(await announce()), log: openLog(), progress });
    await out.finish();
    return extracted;
  } catch (error) {
    await out.abandon();
    throw error;
  } finally {
    progress.end();
  }
}

async function appendMbox(out: Out, threads: ThreadStore): Promise<void> {
  await withWorkspace(async (workspace) => {
    const file = join(workspace, "mbox");
    await writeMbox(file, threads);
    await out.append(file);
  });
}

async function appendEmpty(out: Out): Promise<void> {
  await withWorkspace(async (workspace) => {
    const file = join(workspace, "empty");
    await writeFile(file, emptyExport());
    await out.append(file);
  });
}

function describe(extracted: Extracted, out: string | undefined, proofs: string | undefined): string[] {
  const { records, opened, proofs: { objects } } = extracted;
  return [
    records === 0 ? `extract      no record matches; exports opened: ${String(opened)}` : `extract      records: ${String(records)}, from objects: ${String(objects.length)}, exports opened: ${String(opened)}`,
    ...(out === undefined ? [] : [`written      ${out}`]),
    ...(proofs === undefined ? [] : [`proofs       ${proofs}`]),
    ...warnOfCopies(extracted),
  ];
}

function describeJson(extracted: Extracted, out: string | undefined, proofs: string | undefined): object {
  const { records, opened, purged } = extracted;
  return { records, objects: describeObjects(extracted), opened, purged, out: out ?? null, proofs: proofs ?? null };
}

import { join } from "node:path";
import type { Logger } from "pino";
import { extractRecords } from "../aperture/reader/extract-records.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import type { ProofFile } from "./chain/inclusion-proof.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Download, ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Progress } from "../open/ledger.ts";
import { ArchiveChain } from "./extracting/archive-chain.ts";
import type { ExportToOpen } from "./extracting/find-exports.ts";
import { openWriter, type RecordFormat, type WantedRecord } from "./extracting/record-writers.ts";
import { type RecordSelection, selector } from "./extracting/record-selection.ts";

export interface ExtractionTools {
  archive: ObjectStore;
  /** Whose events are believed; without it all that are well signed. */
  publicKey: string | undefined;
  log: Logger;
  progress: Progress;
}

export interface Extraction {
  selection: RecordSelection;
  /** As `findExports` or `scanExports` found them. */
  exports: readonly ExportToOpen[];
  format: RecordFormat;
  /** Who asks: it is logged. */
  by: string;
  /** Takes the records of one object, as a local file that is gone afterwards. */
  append: (file: string) => Promise<void>;
}

export interface Extracted {
  records: number;
  /** How many exports were opened, and which of them are purged. */
  opened: number;
  purged: string[];
  /** Of every object that records were taken from. */
  proofs: ProofFile;
}

/**
 * Takes the records of a selection out of the archive's copies, object by object, in constant memory. Each object is compared
 * with what its chain says before anything is taken out of it. Records that were quarantined are not looked at.
 * Throws `archive_broken` for an object that is not what it ought to be.
 */
export async function extractArchive({ archive, publicKey, log, progress }: ExtractionTools, extraction: Extraction): Promise<Extracted> {
  const { exports, selection, format, by, append } = extraction;
  const chains = new Map<string, ArchiveChain>();
  const extracted: Extracted = { records: 0, opened: 0, purged: [], proofs: { format: 1, objects: [], rotations: [] } };
  progress.begin("extract", exports.length);
  for (const one of exports) {
    const chain = chains.get(one.instance) ?? (await ArchiveChain.load(archive, one.instance, publicKey));
    chains.set(one.instance, chain);
    await withWorkspace(async (workspace) => {
      const file = join(workspace, "export");
      const download = await fetchWhole(archive, chain, one, file);
      if (download === undefined) return void extracted.purged.push(one.key);
      extracted.opened++;
      const part = join(workspace, "records");
      const records = await extractFrom(file, one, { selection, format, part });
      if (records === 0) return undefined;
      await append(part);
      extracted.records += records;
      extracted.proofs.objects.push(chain.prove(one.key, download));
      return undefined;
    });
    progress.step();
  }
  extracted.proofs.rotations = [...chains.values()].flatMap(({ rotations }) => rotations);
  log.info({ by, selection, format, records: extracted.records, objects: extracted.proofs.objects.length, opened: extracted.opened }, "records extracted from the archive");
  return extracted;
}

/** A local copy with the bytes that the chain promises; undefined for what was purged. */
async function fetchWhole(archive: ObjectStore, chain: ArchiveChain, { key }: ExportToOpen, file: string): Promise<Download | undefined> {
  const ought = await chain.oughtToBe(key);
  if (ought === "purged") return undefined;
  if (ought !== "unknown" && (await archive.head(key)) === undefined) throw broken(archive, key, `is missing; it ought to have SHA-256 ${ought.sha256}`);
  const download = await archive.download(key, file);
  if (ought === "unknown" || ought.sha256 === download.sha256) return download;
  throw broken(archive, key, `has SHA-256 ${download.sha256}, and ought to have ${ought.sha256}`);
}

function broken({ url }: ObjectStore, key: string, what: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key} ${what}`, {
    remedy: "aperture-ledger archive verify says what else was altered; restore the object from a backup",
  });
}

/** Writes the object's matching records to a local file; says how many they are. */
async function extractFrom(
  file: string,
  { instance, key, time }: ExportToOpen,
  { selection, format, part }: { selection: RecordSelection; format: RecordFormat; part: string },
): Promise<number> {
  const isWanted = selector(selection);
  const wanted: WantedRecord[] = [];
  await readExport(file, time, [], {
    accept: (request, place) => void (isWanted(request) && wanted.push({ place })),
    reject: () => undefined,
  });
  if (wanted.length === 0) return 0;
  const writer = openWriter(format, part, { instance, object: key });
  try {
    await extractRecords(file, wanted, writer);
  } finally {
    writer.close();
  }
  return wanted.length;
}

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
  /** The key for verifying events; without it any valid signature is accepted. */
  publicKey: string | undefined;
  log: Logger;
  progress: Progress;
}

export interface Extraction {
  selection: RecordSelection;
  /** The result of `findExports` or `scanExports`. */
  exports: readonly ExportToOpen[];
  format: RecordFormat;
  /** Login of the person who asks, for the log. */
  by: string;
  /** Receives the records of one object as a local file, which is removed afterwards. */
  append: (file: string) => Promise<void>;
}

export interface Extracted {
  records: number;
  /** Number of exports opened, and the keys of those that are purged. */
  opened: number;
  purged: string[];
  /** Proofs for every object that records were taken from. */
  proofs: ProofFile;
}

/**
 * Extracts the records of a selection from the archive's copies, object by object, in constant memory. Each object is compared with
 * its chain before anything is extracted. Skips quarantined records.
 * Throws `archive_broken` for an object that is not as expected.
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

/** Downloads a copy and checks it against the chain; undefined if it was purged. */
async function fetchWhole(archive: ObjectStore, chain: ArchiveChain, { key }: ExportToOpen, file: string): Promise<Download | undefined> {
  const expected = await chain.expectedContent(key);
  if (expected === "purged") return undefined;
  if (expected !== "unknown" && (await archive.head(key)) === undefined) throw broken(archive, key, `is missing; its expected SHA-256 is ${expected.sha256}`);
  const download = await archive.download(key, file);
  if (expected === "unknown" || expected.sha256 === download.sha256) return download;
  throw broken(archive, key, `has SHA-256 ${download.sha256}, but ${expected.sha256} was expected`);
}

function broken({ url }: ObjectStore, key: string, what: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key} ${what}`, {
    remedy: "aperture-ledger archive verify reports what else was altered; restore the object from a backup",
  });
}

/** Writes the object's matching records to a local file and returns their number. */
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

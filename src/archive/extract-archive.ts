import { join } from "node:path";
import type { Logger } from "pino";
import { extractRecords } from "../aperture/reader/extract-records.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import type { ExportToOpen } from "./extracting/find-exports.ts";
import { type CopyTools, openCopies, type OpenCopy, type OpenedCopies } from "./extracting/open-copies.ts";
import { openWriter, type RecordFormat, type WantedRecord } from "./extracting/record-writers.ts";
import { type RecordSelection, selector } from "./extracting/record-selection.ts";

export interface ExtractionTools extends CopyTools {
  log: Logger;
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

export interface Extracted extends OpenedCopies {
  records: number;
}

/**
 * Extracts the records of a selection from the archive's copies, object by object, in constant memory. Each object is compared with
 * its chain before anything is extracted. Skips quarantined records.
 * Throws `archive_broken` for an object that is not as expected.
 */
export async function extractArchive({ log, ...tools }: ExtractionTools, extraction: Extraction): Promise<Extracted> {
  const { exports, selection, format, by, append } = extraction;
  let records = 0;
  const opened = await openCopies(tools, exports, "extract", async (copy) => {
    const part = join(copy.workspace, "records");
    const extracted = await extractFrom(copy, { selection, format, part });
    if (extracted > 0) await append(part);
    records += extracted;
    return extracted > 0;
  });
  log.info({ by, selection, format, records, objects: opened.proofs.objects.length, opened: opened.opened }, "records extracted from the archive");
  return { ...opened, records };
}

/** Writes the object's matching records to a local file and returns their number. */
async function extractFrom({ file, instance, key, time }: OpenCopy, { selection, format, part }: { selection: RecordSelection; format: RecordFormat; part: string }): Promise<number> {
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

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ingestExport } from "../../src/ingest/ingest-export.ts";
import { exportStem, exportTime, lastPart } from "../../src/aperture/reader/export-name.ts";
import { encodeKeyPart } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { benchLedger } from "./bench-ledger.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface Ingestion {
  /** Of the ingestion alone; a process that has just started compiles while it works. */
  seconds: number;
  /** Accepted. */
  records: number;
  residentMiB: number;
}

/** `ingest-export.ts FILE`: ingests one export as a run does, from its folder into a new lake on disk; prints an `Ingestion`. */
const [, , file = ""] = process.argv;
const name = lastPart(file);
const source = new FsStore(dirname(file));
const object = await source.head(name);
if (object === undefined) throw new Error(`no export ${file}`);
const lakeFolder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-lake-"));
try {
  const lake = new FsStore(lakeFolder);
  const ledger = benchLedger(lake, [{ instance: "bench", store: source }]);
  const first = encodeKeyPart(exportStem(name));
  const task = { from: "source", instance: "bench", name, first, time: exportTime(name, object.lastModified), url: source.url, object } as const;

  const start = performance.now();
  const { records, damage } = await ingestExport(task, ledger);
  const seconds = (performance.now() - start) / 1000;
  if (records.quarantined > 0 || damage !== null) throw new Error(`quarantined ${records.quarantined}, damage: ${damage?.message ?? "none"}`);
  const ingestion: Ingestion = { seconds, records: records.accepted, residentMiB: mostResidentMiB() };
  process.stdout.write(JSON.stringify(ingestion));
} finally {
  rmSync(lakeFolder, { recursive: true, force: true });
}

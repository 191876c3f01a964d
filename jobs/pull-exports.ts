import { exportTime, isExportKey, lastPart } from "../src/aperture/export-name.ts";
import type { KnownExport, LedgerState } from "../src/lake/ledger-state.ts";
import { findIngested, type StaleExportReason, whyExportIsStale } from "../src/lake/stale.ts";
import type { ObjectEntry, ObjectStore } from "../src/storage/object-store.ts";
import { ingestSettings } from "./ingest-settings.ts";
import type { ExportSource, LedgerContext } from "./ledger-context.ts";

/** An export to ingest: a new object at a source, or one in the archive whose landing files are stale. */
export type ExportTask =
  | { from: "source"; instance: string; name: string; time: Date; source: ObjectStore; object: ObjectEntry }
  | { from: "archive"; instance: string; name: string; time: Date; known: KnownExport; reason: StaleExportReason };

export interface PulledExports {
  /** Export objects at the sources. */
  seen: number;
  tasks: ExportTask[];
}

/** Lists every source to its end and says which exports have to be ingested. Nothing is written. */
export async function pullExports(
  ledger: Pick<LedgerContext, "sources" | "rulesAt">,
  state: LedgerState,
): Promise<PulledExports> {
  const ingested = findIngested(state.exports.values());
  const tasks: ExportTask[] = [];
  let seen = 0;
  for (const source of ledger.sources) {
    for await (const object of listExports(source)) {
      seen++;
      if (ingested(source.instance, source.store.url, object) === undefined) tasks.push(newExport(source, object));
    }
  }
  return { seen, tasks: [...tasks, ...staleExports(ledger, state)] };
}

async function* listExports({ store }: ExportSource): AsyncIterable<ObjectEntry> {
  for await (const object of store.list("")) if (isExportKey(object.key)) yield object;
}

function newExport({ instance, store }: ExportSource, object: ObjectEntry): ExportTask {
  const name = lastPart(object.key);
  return { from: "source", instance, name, time: exportTime(name, object.lastModified), source: store, object };
}

function staleExports(ledger: Pick<LedgerContext, "rulesAt">, state: LedgerState): ExportTask[] {
  return [...state.exports.values()].flatMap((known): ExportTask[] => {
    const time = new Date(known.time);
    const settings = ingestSettings(ledger.rulesAt(known.instance, time));
    const reason = whyExportIsStale(known, settings, state.etags);
    if (reason === null) return [];
    return [{ from: "archive", instance: known.instance, name: known.name, time, known, reason }];
  });
}


import { addSources, commitExport } from "../lake/landing/commit-export.ts";
import type { ExportManifest } from "../lake/landing/export-manifest.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { eraseRows } from "./erase-rows.ts";
import { fetchExport } from "./copying/fetch-export.ts";
import { ingestSettings } from "./ingest-settings.ts";
import type { Ledger } from "../open/ledger.ts";
import { erasing } from "../archive/erasing/read-erasures.ts";
import type { ExportTask } from "./pull-exports.ts";

/**
 * Ingests one export: archive, receipt, landing, quarantine, and the manifest that commits them.
 * After a crash anywhere the export is still stale; the next run ingests it again, with the same bytes as result.
 */
export async function ingestExport(task: ExportTask, ledger: Ledger): Promise<ExportManifest> {
  return await withWorkspace(async (workspace) => {
    const { known, file, damage, ...fetched } = await fetchExport(task, workspace, ledger);
    const rules = { ...ledger.rules.normalisingAt(task.instance, fetched.time), ...erasing(task, ledger) };
    const settings = ingestSettings(rules);
    const erasures = (task.erasures ?? []).map(({ id }) => id).sort();
    if (known?.purged || known?.reduced?.records) {
      const seen = await addSources(ledger.stores.lake, known, fetched);
      return task.from === "archive" ? await eraseRows(ledger, seen, { rules, erasures, file, workspace }) : seen;
    }
    if (known?.settings === settings) return await addSources(ledger.stores.lake, known, fetched);
    const { instance, name } = task;
    const landed = await ledger.work.land({ name, file, workspace, time: fetched.time, version: fetched.version, rules });
    const reading = { ...landed.reading, damage: damage ?? landed.reading.damage };
    return await commitExport(ledger.stores.lake, { instance, name, settings, erasures, ...fetched, ...landed, reading, time: fetched.time.toISOString() });
  });
}

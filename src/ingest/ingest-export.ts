import { addSources, commitExport } from "../lake/landing/commit-export.ts";
import type { ExportManifest } from "../lake/landing/export-manifest.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { eraseRows } from "./erase-rows.ts";
import { type FetchedExport, fetchExport } from "./copying/fetch-export.ts";
import { ingestSettings } from "./ingest-settings.ts";
import type { Ledger } from "../open/ledger.ts";
import { erasing } from "../archive/erasing/read-erasures.ts";
import type { NormalisingRules } from "./normaliser/normalise.ts";
import type { ExportTask } from "./pull-exports.ts";

/**
 * Ingests one export: archive, receipt, landing, quarantine, and the manifest that commits them.
 * After a crash anywhere the export is stale; the next run ingests it again, to the same bytes.
 */
export async function ingestExport(task: ExportTask, ledger: Ledger): Promise<ExportManifest> {
  return await withWorkspace(async (workspace) => {
    const fetched = await fetchExport(task, workspace, ledger);
    const rules = { ...ledger.rules.normalisingAt(task.instance, fetched.time), ...erasing(task, ledger) };
    const erasures = (task.erasures ?? []).map(({ id }) => id).sort();
    switch (fetched.outcome) {
      case "expired": {
        const seen = await addSources(ledger.stores.lake, fetched.known, fetched);
        return task.from === "archive" ? await eraseRows(ledger, seen, { rules, erasures, file: fetched.file, workspace }) : seen;
      }
      case "known":
        if (fetched.known.settings === ingestSettings(rules)) return await addSources(ledger.stores.lake, fetched.known, fetched);
        return await landAndCommit(task, fetched, { rules, erasures, workspace }, ledger);
      case "new":
        return await landAndCommit(task, fetched, { rules, erasures, workspace }, ledger);
      default:
        return fetched satisfies never;
    }
  });
}

interface Landing {
  rules: NormalisingRules;
  /** Ids of the erasures that apply. */
  erasures: string[];
  workspace: string;
}

async function landAndCommit({ instance, name }: ExportTask, fetched: FetchedExport, { rules, erasures, workspace }: Landing, { stores, work }: Ledger): Promise<ExportManifest> {
  const { file, stem, version, sources, arrived, bodies, archive, damage, time } = fetched;
  const landed = await work.land({ name, file, workspace, time, version, rules });
  const reading = { ...landed.reading, damage: damage ?? landed.reading.damage };
  const settings = ingestSettings(rules);
  return await commitExport(stores.lake, { instance, name, settings, erasures, stem, version, sources, arrived, bodies, archive, ...landed, reading, time: time.toISOString() });
}

import { eraseObject } from "../../storage/erase-object.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ExportManifest, exportManifest, type WrittenObject } from "./export-manifest.ts";
import { readJson, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";
import { withoutCallers } from "./quarantined-money.ts";

/** Identifies an export. */
export interface MarkedExport {
  instance: string;
  stem: string;
}

/**
 * Notes that an export's copy was purged, and removes its quarantine file, whose records are as old. Does nothing for an export without a
 * manifest.
 */
export async function markPurged(lake: ObjectStore, marked: MarkedExport, purged: NonNullable<ExportManifest["purged"]>): Promise<void> {
  await change(lake, marked, ({ quarantine, ...manifest }) => ({
    ...manifest,
    quarantine: quarantine && { ...quarantine, readable: withoutCallers(quarantine.readable) },
    purged,
  }));
  await eraseObject(lake, layout.quarantine(marked.instance, marked.stem));
}

/**
 * Records that an export's copy was rewritten with less in it. Idempotent.
 * @param why `records`: how many this left out. @param archive the copy there is now.
 */
export async function markReduced(lake: ObjectStore, marked: MarkedExport, why: NonNullable<ExportManifest["reduced"]>, archive: WrittenObject): Promise<void> {
  await change(lake, marked, (manifest) => {
    if (manifest.reduced?.at === why.at && manifest.archive.sha256 === archive.sha256) return { ...manifest, archive };
    const { size, sha256 } = manifest.archive;
    const records = (manifest.reduced?.records ?? 0) + why.records;
    return { ...manifest, archive, arrived: manifest.arrived ?? { size, sha256 }, reduced: { ...why, records } };
  });
}

/** Records that a caller was erased in an export's copy: everything derived from it is stale. @param archive the current copy. */
export async function markErased(lake: ObjectStore, marked: MarkedExport, archive: WrittenObject): Promise<void> {
  await change(lake, marked, (manifest) => {
    const { size, sha256 } = manifest.archive;
    return { ...manifest, archive, arrived: manifest.arrived ?? { size, sha256 }, erasures: [] };
  });
}

async function change(lake: ObjectStore, { instance, stem }: MarkedExport, how: (manifest: ExportManifest) => ExportManifest): Promise<void> {
  const key = layout.exportManifest(instance, stem);
  if ((await lake.head(key)) === undefined) return;
  await replaceJson(lake, key, exportManifest.parse(how(await readJson(lake, key, exportManifest))));
}

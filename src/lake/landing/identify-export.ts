import type { ObjectStore } from "../../storage/object-store.ts";
import { type ExportManifest, exportManifest } from "./export-manifest.ts";
import { readDerived } from "../json-object.ts";
import { isVariantOf, layout, variantStem } from "../layout.ts";

/** The identity of bytes that arrived under a name. */
export interface ExportIdentity {
  stem: string;
  /** 0 for the first export under the name, 1, 2, … for those that replaced it. */
  version: number;
  /** The manifest for exactly these bytes under this name. */
  known?: ExportManifest;
}

/** SHA-256 of an export as it arrived, and of its copy: equal where all of it is kept. */
export interface ExportDigests {
  arrived: string;
  kept: string;
}

/**
 * Distinguishes a new export, a known one (same name and bytes), and one that replaces a known one (same name, different
 * bytes). The arrived bytes decide; for a copy without a note of them, the copy's bytes.
 * @param first the name's own stem.
 */
export async function identifyExport(
  lake: ObjectStore,
  instance: string,
  first: string,
  { arrived: sha256, kept }: ExportDigests,
): Promise<ExportIdentity> {
  const known = await readNamesakes(lake, instance, first);
  const cameBefore = known.find(({ archive, arrived }) => (arrived ?? archive).sha256 === sha256);
  const same = cameBefore ?? known.find(({ archive, arrived }) => arrived === null && archive.sha256 === kept);
  if (same !== undefined) return { stem: same.stem, version: same.version, known: same };
  if (known.length === 0) return { stem: first, version: 0 };
  return { stem: variantStem(first, sha256), version: nextVersion(known) };
}

/** The identity of bytes in the archive under a stem, with their manifest if it exists. */
export async function identifyArchived(
  lake: ObjectStore,
  instance: string,
  stem: string,
  first: string,
): Promise<{ identity: ExportIdentity; before: ExportManifest | undefined }> {
  const known = await readNamesakes(lake, instance, first);
  const before = known.find((manifest) => manifest.stem === stem);
  return { identity: { stem, version: before?.version ?? (stem === first ? 0 : nextVersion(known)) }, before };
}

function nextVersion(known: readonly ExportManifest[]): number {
  return known.reduce((highest, { version }) => Math.max(highest, version), 0) + 1;
}

async function readNamesakes(lake: ObjectStore, instance: string, first: string): Promise<ExportManifest[]> {
  const manifests: ExportManifest[] = [];
  const own = layout.exportManifest(instance, first);
  for await (const { key } of lake.list(own.slice(0, -".json".length))) {
    const stem = key.slice(key.lastIndexOf("/") + 1, -".json".length);
    if (key !== own && !isVariantOf(stem, first)) continue;
    const manifest = await readDerived(lake, key, exportManifest);
    if (manifest !== undefined) manifests.push(manifest);
  }
  return manifests;
}

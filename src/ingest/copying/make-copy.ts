import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { archiveLayout } from "../../lake/layout.ts";
import { redactorOf } from "../../aperture/rewrite/redactor.ts";
import { rewriteExport } from "../../aperture/rewrite/rewrite-export.ts";
import { readDocument } from "../../archive/chain/read-document.ts";
import type { ArchivedExport } from "../../archive/copies/archive-export.ts";
import { receipt } from "../../archive/copies/receipt.ts";
import type { ExportManifest } from "../../lake/landing/export-manifest.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Bodies } from "../../archive/archiving.ts";

/** How a copy was made, as recorded in its receipt and the export's manifest. */
export interface CopyOrigin extends Pick<ExportManifest, "arrived" | "bodies"> {
  /** Why what arrived could not be read to its end, where the copy does not show it. */
  damage: ExportManifest["damage"];
}

/** A local file with its size and digest. */
export interface LocalContent {
  file: string;
  size: number;
  sha256: string;
}

/** The copy of an export, as a local file. */
export interface MadeCopy extends LocalContent, CopyOrigin {}

/** Makes the copy of an arrived export: the file itself, or a file in the workspace without bodies or with secrets replaced. */
export async function makeCopy(arrived: LocalContent, bodies: Bodies, workspace: string): Promise<MadeCopy> {
  const { file, size, sha256 } = arrived;
  if (bodies.kept === "keep") return { file, size, sha256, arrived: null, bodies: "keep", damage: null };
  const copy = join(workspace, "kept");
  await rm(copy, { force: true });
  const { damage } = await rewriteExport(file, copy, () => (bodies.kept === "drop" ? "drop_bodies" : "redact_bodies"), redactorFor(bodies));
  const content = { file: copy, size: (await stat(copy)).size, sha256: await sha256OfFile(copy) };
  return { ...content, arrived: { size, sha256 }, bodies: bodies.kept, damage };
}

function redactorFor(bodies: Bodies): ReturnType<typeof redactorOf> {
  return redactorOf(bodies.kept === "redact" ? bodies.patterns : []);
}

/** How an existing copy was made. Without a manifest, its receipt shows it. */
export async function originOfCopy(archive: ObjectStore, { key, sha256 }: ArchivedExport, before: ExportManifest | undefined): Promise<CopyOrigin> {
  if (before !== undefined) {
    const { arrived, bodies, damage } = before;
    return { arrived, bodies, damage: arrived === null ? null : damage };
  }
  const place = archiveLayout.receipt(key);
  const entry = await archive.head(place);
  const found = entry && (await readDocument(archive, entry, receipt));
  if (found === undefined || "problem" in found) return { arrived: null, bodies: "keep", damage: null };
  const { arrived, kept, bodies, damage } = found.document.header;
  // A copy that was reduced since still belongs to the arrived export.
  if (kept.sha256 !== sha256) return { arrived: arrived ?? kept, bodies, damage };
  return bodies === "keep" ? { arrived: null, bodies, damage: null } : { arrived, bodies, damage };
}

import { join } from "node:path";
import { type ArchivedExport, archiveExport } from "../../archive/copies/archive-export.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ExportManifest } from "../../lake/landing/export-manifest.ts";
import { syncManifest } from "../../archive/erasing/sync-manifest.ts";
import { retentionOfCopy } from "../../archive/purging/retention-of-copy.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type CopyOrigin, type LocalContent, type MadeCopy, makeCopy } from "./make-copy.ts";

/**
 * The copy of a known export that arrived again, as a local file. An existing copy is never changed, whatever the current configuration;
 * a missing copy is made again in the same way. `known`: the manifest, which may be older than the copy. `isSeen`: whether the arrived
 * bytes are known to result in this copy.
 */
export async function findCopy(
  ledger: Ledger,
  known: ExportManifest,
  arrived: LocalContent,
  made: MadeCopy,
  workspace: string,
): Promise<CopyOrigin & { known: ExportManifest; file: string; archive: ArchivedExport; isSeen: boolean }> {
  const { stores: { archive: store }, work: { archiving } } = ledger;
  const { key, sha256 } = known.archive;
  // For a copy that was found without a manifest, only its bytes showed how it was made.
  const origin = made.sha256 === sha256 ? made : { arrived: known.arrived, bodies: known.bodies, damage: known.arrived === null ? null : known.damage };
  const kept = { arrived: origin.arrived, bodies: origin.bodies, damage: origin.damage };
  if ((await store.head(key)) !== undefined) {
    const file = join(workspace, "copy");
    const archive = { key, ...(await store.download(key, file)), retention: null };
    const followed = await syncManifest(ledger, known, archive);
    if (followed === undefined) throw copyAltered(store.url, known, archive.sha256);
    const { arrived: came, bodies, damage } = followed;
    const isSeen = archive.sha256 === made.sha256;
    return archive.sha256 === sha256 ? { ...kept, known, file, archive, isSeen } : { arrived: came, bodies, damage, known: followed, file, archive, isSeen };
  }
  const patterns = archiving.bodies.kept === "redact" ? archiving.bodies.patterns : [];
  const again = made.sha256 === sha256 ? made : await makeCopy(arrived, known.bodies === "redact" ? { kept: "redact", patterns } : { kept: known.bodies }, workspace);
  if (again.sha256 !== sha256) throw copyUnmakeable(store.url, known);
  return { ...kept, known, file: again.file, isSeen: true, archive: await archiveExport(store, again.file, again, key, workspace, await retentionOfCopy(ledger, new Date(known.time))) };
}

function copyAltered(url: string, { archive }: ExportManifest, found: string): LedgerError {
  return new LedgerError("archive_conflict", `${url}/${archive.key} has SHA-256 ${found}, its manifest says ${archive.sha256}`, {
    remedy: "the archive was altered: restore that object from a backup or from the export's source",
  });
}

function copyUnmakeable(url: string, { archive, bodies }: ExportManifest): LedgerError {
  return new LedgerError("archive_conflict", `${url}/${archive.key} is missing, and a new copy (bodies: ${bodies}) would no longer have SHA-256 ${archive.sha256}`, {
    remedy: "restore that object from a backup, or set archive.redact to its value at the time of the copy",
  });
}

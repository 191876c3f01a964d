import { join } from "node:path";
import { type ArchivedExport, keepExport } from "../../archive/copies/keep-export.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ExportManifest } from "../../lake/landing/export-manifest.ts";
import { followCopy } from "../../archive/erasing/follow-copy.ts";
import { retentionOfCopy } from "../../archive/purging/retention-of-copy.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type CopyOrigin, type LocalContent, type MadeCopy, makeCopy } from "./make-copy.ts";

/**
 * The copy of an export that is known and arrived once more, as a local file. It stays as it was made, whatever the
 * configuration says by now; one that is gone is made again, in the same way. `known`: the manifest, which may have been behind the copy.
 * `isSeen`: whether the copy is what comes of what arrived, as far as can be told.
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
  // Of a copy that was found without its manifest nothing but its bytes told how it was made.
  const origin = made.sha256 === sha256 ? made : { arrived: known.arrived, bodies: known.bodies, damage: known.arrived === null ? null : known.damage };
  const kept = { arrived: origin.arrived, bodies: origin.bodies, damage: origin.damage };
  if ((await store.head(key)) !== undefined) {
    const file = join(workspace, "copy");
    const archive = { key, ...(await store.download(key, file)), retention: null };
    const followed = await followCopy(ledger, known, archive);
    if (followed === undefined) throw copyAltered(store.url, known, archive.sha256);
    const { arrived: came, bodies, damage } = followed;
    const isSeen = archive.sha256 === made.sha256;
    return archive.sha256 === sha256 ? { ...kept, known, file, archive, isSeen } : { arrived: came, bodies, damage, known: followed, file, archive, isSeen };
  }
  const patterns = archiving.bodies.kept === "redact" ? archiving.bodies.patterns : [];
  const again = made.sha256 === sha256 ? made : await makeCopy(arrived, known.bodies === "redact" ? { kept: "redact", patterns } : { kept: known.bodies }, workspace);
  if (again.sha256 !== sha256) throw copyUnmakeable(store.url, known);
  return { ...kept, known, file: again.file, isSeen: true, archive: await keepExport(store, again.file, again, key, workspace, await retentionOfCopy(ledger, new Date(known.time))) };
}

function copyAltered(url: string, { archive }: ExportManifest, found: string): LedgerError {
  return new LedgerError("archive_conflict", `${url}/${archive.key} has SHA-256 ${found}, its manifest says ${archive.sha256}`, {
    remedy: "the archive was altered: restore that object from a backup or from the export's source",
  });
}

function copyUnmakeable(url: string, { archive, bodies }: ExportManifest): LedgerError {
  return new LedgerError("archive_conflict", `${url}/${archive.key} is gone, and what arrives (bodies: ${bodies}) does not become SHA-256 ${archive.sha256} any more`, {
    remedy: "restore that object from a backup, or configure archive.redact as it was when the copy was made",
  });
}

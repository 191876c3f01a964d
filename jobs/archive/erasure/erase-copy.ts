import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findRecordsOf } from "../../../src/aperture/find-records.ts";
import { rewriteExport } from "../../../src/aperture/rewrite-export.ts";
import type { ArchiveEvent } from "../../../src/archive/chain/event.ts";
import { loadDigests } from "../../../src/archive/chain/read-document.ts";
import { recordEvent } from "../../../src/archive/chain/record-event.ts";
import type { SigningKey } from "../../../src/archive/chain/signing-key.ts";
import { replaceLocked, retentionFrom } from "../../../src/archive/create-locked.ts";
import { protectionOf } from "../../../src/archive/protection.ts";
import { type ExportManifest, exportManifest } from "../../../src/lake/export-manifest.ts";
import { readJson, replaceJson } from "../../../src/lake/json-object.ts";
import type { KnownExport } from "../../../src/lake/ledger-state.ts";
import { sha256OfFile } from "../../../src/storage/file-digest.ts";
import { loginReplacer } from "../../../src/usage/erasure.ts";
import type { LedgerContext } from "../../ledger-context.ts";

export interface Reduction {
  login: string;
  pseudonym: string;
  /** Why, as the event says it. */
  rule: string;
  by: string;
  at: Date;
  /** Of the event. */
  id: string;
  /** What the chain of the gateway has. */
  events: readonly ArchiveEvent[];
  signingKey: SigningKey;
  /** Else nothing is written. */
  apply: boolean;
}

/** Whether the copy is protected from being replaced, by a lock or a hold of the store. */
export async function isLocked({ archive, clock }: Pick<LedgerContext, "archive" | "clock">, key: string): Promise<boolean> {
  const protection = await protectionOf(archive, key);
  if (protection === undefined) return false;
  const { retention, legalHold } = protection;
  return legalHold || (retention !== undefined && retention.until > clock());
}

/**
 * Takes a caller's bodies and identity out of an archived copy: event, copy, manifest, in this order. What another run
 * left half done is finished. Resolves to how many records were the caller's.
 */
export async function eraseFromCopy(ledger: LedgerContext, known: KnownExport, reduction: Reduction, workspace: string): Promise<number> {
  const { archive, archiving, clock, lake } = ledger;
  const { login, pseudonym, events, apply } = reduction;
  const [file, reduced] = [join(workspace, "copy"), join(workspace, "reduced")];
  const before = await archive.download(known.archive, file);
  const manifest = await readJson(lake, known.manifest.key, exportManifest);
  const positions = await findRecordsOf(file, login);
  if (positions.size === 0) {
    // Replaced by a run that did not come to the manifest.
    if (apply && manifest.archive.sha256 !== before.sha256 && wasReduced(events, manifest, before.sha256)) await tellManifest(ledger, known, manifest, before);
    return 0;
  }
  if (!apply) return positions.size;
  const { bodiesDropped, damage } = await rewriteExport(file, reduced, (position) => (positions.has(position) ? "pseudonymise" : "keep"), undefined, loginReplacer(login, pseudonym));
  const after = { size: (await stat(reduced)).size, sha256: await sha256OfFile(reduced) };
  if (!wasReduced(events, manifest, after.sha256)) await tellChain(ledger, known, reduction, { before, after, bodiesDropped });
  // Locked for as long as the one that it replaces would be.
  const retention = retentionFrom(archiving.lock, new Date(known.time), clock());
  const { entry } = await replaceLocked(archive, known.archive, { file: reduced }, retention);
  await archive.locks?.eraseEarlier(known.archive);
  await tellManifest(ledger, known, { ...manifest, damage: manifest.damage ?? damage }, { ...after, etag: entry.etag });
  return positions.size;
}

function wasReduced(events: readonly ArchiveEvent[], { archive }: ExportManifest, sha256: string): boolean {
  return events.some((event) => event.kind === "reduction" && event.objects.some((one) => one.key === archive.key && one.before.sha256 === archive.sha256 && one.after.sha256 === sha256));
}

interface Change {
  before: { size: number; sha256: string };
  after: { size: number; sha256: string };
  bodiesDropped: number;
}

async function tellChain({ archive, archiving }: LedgerContext, known: KnownExport, { rule, by, at, id, signingKey }: Reduction, { before, after, bodiesDropped }: Change): Promise<void> {
  const { instance, archive: key } = known;
  const head = (await loadDigests(archive, instance)).at(-1)?.sha256 ?? null;
  const objects = [{ key, before: { size: before.size, sha256: before.sha256 }, after, records_removed: 0, bodies_removed: bodiesDropped }];
  await recordEvent(archive, { format: 1, id, instance, at: at.toISOString(), by, kind: "reduction", rule, head, objects }, signingKey, archiving.lock);
}

/** What arrived stays what tells the export from its namesakes. All that was derived is derived again, quarantined records too. */
async function tellManifest({ lake }: LedgerContext, known: KnownExport, manifest: ExportManifest, copy: { size: number; sha256: string; etag: string }): Promise<void> {
  const { size, sha256 } = manifest.archive;
  const arrived = manifest.arrived ?? { size, sha256 };
  await replaceJson(lake, known.manifest.key, exportManifest.parse({ ...manifest, archive: { key: known.archive, etag: copy.etag, size: copy.size, sha256: copy.sha256 }, arrived, erasures: [] } satisfies ExportManifest));
}

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findRecordsOf } from "../../aperture/reader/find-records.ts";
import { rewriteExport } from "../../aperture/rewrite/rewrite-export.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { nextEventTime } from "../chain/next-event-time.ts";
import { loadDigests } from "../chain/read-document.ts";
import { recordEvent } from "../chain/record-event.ts";
import { reductionsOf, reductionsUpTo } from "../chain/reduced-content.ts";
import type { SigningKey } from "../chain/signing-key.ts";
import { replaceLocked, retentionFrom } from "../copies/create-locked.ts";
import { protectionOf } from "../copies/protection.ts";
import type { Content } from "../copies/receipt.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { exportManifest } from "../../lake/landing/export-manifest.ts";
import { readJson } from "../../lake/json-object.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { loginReplacer } from "../../ledger/names/login-replacer.ts";
import { markErased } from "../../lake/landing/mark-copy.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import { pseudonymOf } from "../../ledger/names/erasure.ts";
import type { Ledger } from "../../open/ledger.ts";
import { erasureRule, syncManifest, isErasure } from "./sync-manifest.ts";

export interface Reduction {
  /** If known, records that already have the pseudonym are searched for it too: an earlier version left encoded logins in them. */
  login?: string;
  /** The pseudonym of the caller; it also identifies their login. */
  pseudonym: string;
  erasureKey: Buffer;
  /** Id of the erasure that the event names, and the ids of all erasures of this pseudonym. */
  erasure: string;
  erasures: readonly string[];
  by: string;
  at: Date;
  /** Id of the event. */
  id: string;
  /** The verified events of the gateway. */
  events: readonly ArchiveEvent[];
  signingKey: SigningKey;
  /** If false, nothing is written. */
  apply: boolean;
}

/** `unfinished`: retention declared a reduction and has not carried it out. */
export type ErasedCopy = "reduced" | "done" | "unfinished";

/** Whether a lock or a legal hold of the store protects the copy. */
export async function isLocked({ stores: { archive }, work: { clock } }: Pick<Ledger, "stores" | "work">, key: string): Promise<boolean> {
  const protection = await protectionOf(archive, key);
  if (protection === undefined) return false;
  const { retention, legalHold } = protection;
  return legalHold || (retention !== undefined && retention.until > clock());
}

/** Whether an erasure produced a copy of that SHA-256. @param erasures ids of the erasures of one pseudonym. */
export function isErased(key: string, sha256: string, { events, erasures }: Pick<Reduction, "events" | "erasures">): boolean {
  return reductionsUpTo(key, events, sha256).some(({ event }) => erasures.some((id) => event.rule === erasureRule(id)));
}

/**
 * Removes a caller's bodies and identity from an archived copy: writes event, copy and manifest, in this order. Finishes what another
 * run left incomplete. If there is nothing to remove, an event records that too, so that the copy is not searched again.
 * Throws `archive_conflict` for a copy that matches neither its manifest nor any event.
 */
export async function eraseFromCopy(ledger: Ledger, known: KnownExport, reduction: Reduction, workspace: string): Promise<ErasedCopy> {
  const { stores: { archive, lake } } = ledger;
  const { pseudonym, erasureKey, events, apply } = reduction;
  const { archive: key, instance, stem } = known;
  const [file, reduced] = [join(workspace, "copy"), join(workspace, "reduced")];
  const { etag: _etag, ...before } = await downloadCopy(ledger, known, reduction, file);
  const last = reductionsOf(key, events).at(-1);
  // A declaration based on a copy that was never written would be indistinguishable from tampering.
  if (last !== undefined && last.object.after.sha256 !== before.sha256 && !isErasure(last.event.rule)) return "unfinished";
  const found = await findRecordsOf(file, (login) => pseudonymOf(login, erasureKey.toString("hex")) === pseudonym, reduction.login === undefined ? undefined : pseudonym);
  const nothingLeft = async (): Promise<ErasedCopy> => {
    if (apply && !isErased(key, before.sha256, reduction)) await recordReduction(ledger, known, reduction, { before, after: before, bodiesDropped: 0 });
    return "done";
  };
  const login = found?.login ?? reduction.login;
  if (found === undefined || login === undefined) return await nothingLeft();
  if (!apply && found.login !== undefined) return "reduced";
  const { positions } = found;
  const { bodiesDropped } = await rewriteExport(file, reduced, (position) => (positions.has(position) ? "pseudonymise" : "keep"), undefined, loginReplacer(login, pseudonym));
  const after = { size: (await stat(reduced)).size, sha256: await sha256OfFile(reduced) };
  if (after.sha256 === before.sha256) return await nothingLeft();
  if (!apply) return "reduced";
  if (last?.object.before.sha256 !== before.sha256 || last.object.after.sha256 !== after.sha256) await recordReduction(ledger, known, reduction, { before, after, bodiesDropped });
  // The new copy is locked for as long as the one it replaces.
  const retention = retentionFrom(ledger.work.archiving.lock, new Date(known.time), ledger.work.clock());
  const { etag } = (await replaceLocked(archive, key, { file: reduced }, retention)).entry;
  await archive.locks?.eraseEarlier(key);
  await markErased(lake, { instance, stem }, { key, etag, ...after });
  return "reduced";
}

/** Downloads the copy and brings its manifest up to date with it. */
async function downloadCopy(ledger: Ledger, known: KnownExport, { events, apply }: Reduction, file: string): Promise<Content & { etag: string }> {
  const copy = await ledger.stores.archive.download(known.archive, file);
  const manifest = await readJson(ledger.stores.lake, known.manifest.key, exportManifest);
  if (!apply || (await syncManifest(ledger, manifest, copy, events)) !== undefined) return copy;
  throw new LedgerError("archive_conflict", `${ledger.stores.archive.url}/${known.archive} has SHA-256 ${copy.sha256}, but its manifest says ${manifest.archive.sha256}`, {
    remedy: "the archive was altered: restore that object from a backup or from the export's source",
  });
}

interface Change {
  before: Content;
  after: Content;
  bodiesDropped: number;
}

async function recordReduction({ stores: { archive }, work: { archiving } }: Ledger, known: KnownExport, { erasure, by, at, id, signingKey, events }: Reduction, { before, after, bodiesDropped }: Change): Promise<void> {
  const { instance, archive: key } = known;
  const head = (await loadDigests(archive, instance)).at(-1)?.sha256 ?? null;
  const moment = nextEventTime(reductionsOf(key, events).map(({ event }) => event.at), at).toISOString();
  const objects = [{ key, before, after, records_removed: 0, bodies_removed: bodiesDropped }];
  await recordEvent(archive, { format: 1, id, instance, at: moment, by, kind: "reduction", rule: erasureRule(erasure), head, objects }, signingKey, archiving.lock);
}

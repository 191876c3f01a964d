import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findRecordsOf } from "../../aperture/reader/find-records.ts";
import { rewriteExport } from "../../aperture/rewrite/rewrite-export.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { laterThan } from "../chain/later-than.ts";
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
import { erasureRule, followCopy, isErasure } from "./follow-copy.ts";

export interface Reduction {
  /** Where it is known, records that have the pseudonym already are looked through for it as well: an earlier version left encoded ones. */
  login?: string;
  /** Of whom; their login is found by it. */
  pseudonym: string;
  erasureKey: Buffer;
  /** Of the erasure that the event names, and of all of this pseudonym. */
  erasure: string;
  erasures: readonly string[];
  by: string;
  at: Date;
  /** Of the event. */
  id: string;
  /** What the chain of the gateway has, as far as it is to be believed. */
  events: readonly ArchiveEvent[];
  signingKey: SigningKey;
  /** Else nothing is written. */
  apply: boolean;
}

/** `unfinished`: retention declared that it becomes less, and has not done it. */
export type ErasedCopy = "reduced" | "done" | "unfinished";

/** Whether the copy is protected from being replaced, by a lock or a hold of the store. */
export async function isLocked({ stores: { archive }, work: { clock } }: Pick<Ledger, "stores" | "work">, key: string): Promise<boolean> {
  const protection = await protectionOf(archive, key);
  if (protection === undefined) return false;
  const { retention, legalHold } = protection;
  return legalHold || (retention !== undefined && retention.until > clock());
}

/** Whether a copy of that SHA-256 is one that an erasure left. @param erasures ids of those of one pseudonym. */
export function isErased(key: string, sha256: string, { events, erasures }: Pick<Reduction, "events" | "erasures">): boolean {
  return reductionsUpTo(key, events, sha256).some(({ event }) => erasures.some((id) => event.rule === erasureRule(id)));
}

/**
 * Takes a caller's bodies and identity out of an archived copy: event, copy, manifest, in this order. What another run left half
 * done is finished. That there is nothing to take out is declared as well: nobody has to look again.
 * Throws `archive_conflict` for a copy that neither its manifest nor any event tells of.
 */
export async function eraseFromCopy(ledger: Ledger, known: KnownExport, reduction: Reduction, workspace: string): Promise<ErasedCopy> {
  const { stores: { archive, lake } } = ledger;
  const { pseudonym, erasureKey, events, apply } = reduction;
  const { archive: key, instance, stem } = known;
  const [file, reduced] = [join(workspace, "copy"), join(workspace, "reduced")];
  const { etag: _etag, ...before } = await followed(ledger, known, reduction, file);
  const last = reductionsOf(key, events).at(-1);
  // What is declared upon a copy that never came to be could not be told from what is altered.
  if (last !== undefined && last.object.after.sha256 !== before.sha256 && !isErasure(last.event.rule)) return "unfinished";
  const found = await findRecordsOf(file, (login) => pseudonymOf(login, erasureKey.toString("hex")) === pseudonym, reduction.login === undefined ? undefined : pseudonym);
  const nothingLeft = async (): Promise<ErasedCopy> => {
    if (apply && !isErased(key, before.sha256, reduction)) await tellChain(ledger, known, reduction, { before, after: before, bodiesDropped: 0 });
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
  if (last?.object.before.sha256 !== before.sha256 || last.object.after.sha256 !== after.sha256) await tellChain(ledger, known, reduction, { before, after, bodiesDropped });
  // Locked for as long as the one that it replaces would be.
  const retention = retentionFrom(ledger.work.archiving.lock, new Date(known.time), ledger.work.clock());
  const { etag } = (await replaceLocked(archive, key, { file: reduced }, retention)).entry;
  await archive.locks?.eraseEarlier(key);
  await markErased(lake, { instance, stem }, { key, etag, ...after });
  return "reduced";
}

/** The copy as a local file; its manifest tells of it then. */
async function followed(ledger: Ledger, known: KnownExport, { events, apply }: Reduction, file: string): Promise<Content & { etag: string }> {
  const copy = await ledger.stores.archive.download(known.archive, file);
  const manifest = await readJson(ledger.stores.lake, known.manifest.key, exportManifest);
  if (!apply || (await followCopy(ledger, manifest, copy, events)) !== undefined) return copy;
  throw new LedgerError("archive_conflict", `${ledger.stores.archive.url}/${known.archive} has SHA-256 ${copy.sha256}, its manifest says ${manifest.archive.sha256}`, {
    remedy: "the archive was altered: restore that object from a backup or from the export's source",
  });
}

interface Change {
  before: Content;
  after: Content;
  bodiesDropped: number;
}

async function tellChain({ stores: { archive }, work: { archiving } }: Ledger, known: KnownExport, { erasure, by, at, id, signingKey, events }: Reduction, { before, after, bodiesDropped }: Change): Promise<void> {
  const { instance, archive: key } = known;
  const head = (await loadDigests(archive, instance)).at(-1)?.sha256 ?? null;
  const moment = laterThan(reductionsOf(key, events).map(({ event }) => event.at), at).toISOString();
  const objects = [{ key, before, after, records_removed: 0, bodies_removed: bodiesDropped }];
  await recordEvent(archive, { format: 1, id, instance, at: moment, by, kind: "reduction", rule: erasureRule(erasure), head, objects }, signingKey, archiving.lock);
}

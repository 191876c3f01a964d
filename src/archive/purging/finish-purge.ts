import { join } from "node:path";
import type { ArchiveEvent, EventOf } from "../chain/event.ts";
import { replaceLocked, retentionFrom } from "../copies/create-locked.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { layout, parseArchiveKey } from "../../lake/layout.ts";
import { markPurged, markReduced } from "../../lake/landing/mark-copy.ts";
import { eraseObject } from "../../storage/erase-object.ts";
import type { Retention } from "../../storage/object-locks.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Ledger } from "../../open/ledger.ts";

type Finishing = Pick<Ledger, "stores" | "work">;

/** A change that an event declares, whether it is done, half done or not started. */
export interface Unfinished<Event extends ArchiveEvent> {
  instance: string;
  event: Event;
  /** Undefined if the lake has lost its manifest. */
  known: KnownExport | undefined;
}

export interface Finished {
  /** Bytes freed. */
  bytes: number;
}

/**
 * Marks the copy as purged in its manifest, then removes it with all its versions. In the opposite order, a pull in between would
 * fetch the export from its source again. Throws `object_locked`.
 */
export async function finishPurge({ stores: { lake, archive } }: Finishing, { instance, event }: Unfinished<EventOf<"purge">>, { key, size }: { key: string; size: number }): Promise<Finished> {
  const stem = parseArchiveKey(key)?.stem;
  if (stem !== undefined) await markPurged(lake, { instance, stem }, { at: event.at, rule: event.rule });
  await eraseObject(archive, key);
  return { bytes: size };
}

/**
 * Replaces the copy by the staged one, then updates the export's manifest.
 * The new copy is locked for as long as copies of that time. Throws `object_locked`, `lock_not_kept`.
 * @param now decides whether it still needs a lock.
 */
export async function finishReduction(
  ledger: Finishing,
  { instance, event, known }: Unfinished<EventOf<"reduction">>,
  object: EventOf<"reduction">["objects"][number],
  now: Date,
): Promise<Finished> {
  const { stores: { lake, archive }, work: { archiving } } = ledger;
  const { key, before, after } = object;
  const finished = { bytes: before.size - after.size };
  if (before.sha256 === after.sha256) return finished;
  const staged = layout.stagedCopy(key);
  await withWorkspace(async (workspace) => {
    const there = await archive.download(key, join(workspace, "there"));
    const { etag } = there.sha256 === after.sha256 ? there : await put(ledger, { key, staged, sha256: after.sha256, workspace, retention: known && retentionFrom(archiving.lock, new Date(known.time), now) });
    await archive.locks?.eraseEarlier(key);
    const stem = parseArchiveKey(key)?.stem;
    const why = { at: event.at, rule: event.rule, records: object.records_removed };
    if (stem !== undefined) await markReduced(lake, { instance, stem }, why, { key, etag, ...after });
  });
  await eraseObject(lake, staged);
  return finished;
}

interface Waiting {
  key: string;
  staged: string;
  sha256: string;
  workspace: string;
  retention: Retention | undefined;
}

async function put({ stores: { lake, archive } }: Finishing, { key, staged, sha256, workspace, retention }: Waiting): Promise<{ etag: string }> {
  const file = join(workspace, "staged");
  const waiting = await lake.download(staged, file);
  if (waiting.sha256 === sha256) return (await replaceLocked(archive, key, { file }, retention)).entry;
  throw new LedgerError("archive_broken", `${lake.url}/${staged} has SHA-256 ${waiting.sha256}, but the archive's events say ${sha256}`, {
    remedy: "it was altered: see aperture-ledger archive verify",
  });
}

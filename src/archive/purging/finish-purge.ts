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

/** Something that an event declares and that may be done, half done or not done yet. */
export interface Unfinished<Event extends ArchiveEvent> {
  instance: string;
  event: Event;
  /** Undefined where the lake has lost what it knew. */
  known: KnownExport | undefined;
}

export interface Finished {
  /** That are not kept any more. */
  bytes: number;
}

/**
 * Says in the export's manifest that its copy is purged, then removes that with all its versions: in the other order a pull
 * in between would take the export from its source again. Throws `object_locked`.
 */
export async function finishPurge({ stores: { lake, archive } }: Finishing, { instance, event }: Unfinished<EventOf<"purge">>, { key, size }: { key: string; size: number }): Promise<Finished> {
  const stem = parseArchiveKey(key)?.stem;
  if (stem !== undefined) await markPurged(lake, { instance, stem }, { at: event.at, rule: event.rule });
  await eraseObject(archive, key);
  return { bytes: size };
}

/**
 * Puts the copy that waits in the place of the one there is, then says so in the export's manifest.
 * The new copy is locked for as long as copies of that time are to be. Throws `object_locked`, `lock_not_kept`.
 * @param now tells whether it is to be locked still.
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
  throw new LedgerError("archive_broken", `${lake.url}/${staged} has SHA-256 ${waiting.sha256}, the archive's events say ${sha256}`, {
    remedy: "somebody altered it: see aperture-ledger archive verify",
  });
}

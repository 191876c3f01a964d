import pMap from "p-map";
import { ARCHIVE, archiveLayout } from "../lake/layout.ts";
import { LedgerError } from "../ledger/errors.ts";
import { eraseObject } from "../storage/erase-object.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Progress } from "../open/ledger.ts";
import { compareReplica, withReplica } from "./compare-replica.ts";
import type { LockRule } from "./copies/create-locked.ts";
import { listGateway, listInstances } from "./copies/list-archive.ts";
import { copyObject, type Copying } from "./copying/copy-object.ts";
import { type PlannedObject, planCopy, VERIFY } from "./copying/plan-copy.ts";
import { readVouched } from "./replica/vouched-objects.ts";
import type { TrustedRoots } from "./timestamps/token.ts";
import type { Verification } from "./verifier/verification.ts";
import { verifyArchive } from "./verify-archive.ts";

export interface CopyTask {
  source: ObjectStore;
  target: ObjectStore;
  /** Format: see `SigningKey.publicKey`. */
  publicKey: string;
  roots: TrustedRoots | undefined;
  /** `archive.lock`; the locks of the source are set in any case. */
  lock: LockRule | undefined;
  /** Restricts the copy to this gateway. */
  instance: string | undefined;
  /** Writes nothing. */
  isDry: boolean;
  now: Date;
  progress: Progress;
  /** As for `verifyArchive`. */
  pause: () => Promise<void>;
}

interface Amount {
  objects: number;
  bytes: number;
}

export interface ArchiveCopy {
  from: string;
  to: string;
  /** Copied now; in a dry run, what would be. */
  copied: Amount;
  /** What an earlier call had copied. */
  present: Amount;
  /** Objects of the target that were replaced by what declared reductions left, and purged ones that were removed there. */
  reduced: number;
  removed: number;
  /** Objects that arrived during the call: the next call copies them. */
  later: number;
  /** The verification of the target with the comparison to the source; null in a dry run. */
  verification: Verification | null;
}

/** Each may take as much disk space as the largest export. */
const AT_ONCE = 4;

/**
 * Copies an archive, byte for byte and create-only, to another store, and verifies the copy from its own bytes. May be repeated at any time:
 * it continues where it stopped. The source and the configuration stay as they are, and nothing outside `archive/` is copied. Stops with
 * `archive_broken` at the first object that is not as the chain says.
 */
export async function copyArchive(task: CopyTask): Promise<ArchiveCopy> {
  const { source, target, publicKey, instance, isDry, now } = task;
  const vouched = await readVouched(source, publicKey, instance);
  const instances = (await listInstances(source)).filter((name) => instance === undefined || name === instance);
  if (instances.length === 0) throw new LedgerError("archive_broken", `${source.url} has nothing to copy below ${instance === undefined ? ARCHIVE : archiveLayout.instance(instance)}`, { remedy: "check archive.url, lake and --instance" });
  const copy: ArchiveCopy = { from: source.url, to: target.url, copied: none(), present: none(), reduced: 0, removed: 0, later: 0, verification: null };
  await withWorkspace(async (workspace) => {
    for (const name of instances) {
      await requireFolder(source, name);
      const plan = await planCopy(source, await listGateway(source, name), vouched, name);
      const existing = await listKeys(target, archiveLayout.instance(name));
      task.progress.begin(`copy of ${name}`, plan.objects.length + plan.digests.length);
      copy.later += plan.later;
      const copying = { source, target, rule: task.lock, now, workspace };
      for (const objects of [plan.objects, plan.digests]) await copyAll(objects, existing, copying, copy, task);
      if (!isDry) copy.removed += await removePurged(target, plan.purged.filter((key) => existing.has(key)));
    }
  });
  return isDry ? copy : { ...copy, verification: await verifyCopy(task, vouched.head) };
}

async function copyAll(objects: readonly PlannedObject[], existing: ReadonlyMap<string, ObjectEntry>, copying: Copying, copy: ArchiveCopy, { isDry, progress }: CopyTask): Promise<void> {
  await pMap(
    objects,
    async (object) => {
      const there = existing.get(object.entry.key);
      const outcome = isDry ? (there === undefined ? "copied" : "present") : await copyObject(object, there, copying);
      if (outcome === "reduced") copy.reduced++;
      else {
        copy[outcome].objects++;
        copy[outcome].bytes += object.entry.size;
      }
      progress.step();
    },
    { concurrency: AT_ONCE },
  );
}

/** Verifies the target with the head of the source, and compares both: what the verification read is not read again. */
async function verifyCopy({ source, target, publicKey, roots, instance, now, progress, pause }: CopyTask, head: string | undefined): Promise<Verification> {
  const verified = await verifyArchive({ archive: target, lake: undefined, publicKey, roots, sample: undefined, head, instance, now, progress, pause });
  const compared = await compareReplica({ archive: source, replica: target, publicKey, sample: { exports: 0, seed: "" }, instance, now, progress });
  // Unlike in the verification of a replica, the bytes of all exports were read above.
  return withReplica(verified, { ...compared, notChecked: [] });
}

async function listKeys(store: ObjectStore, prefix: string): Promise<Map<string, ObjectEntry>> {
  const entries = new Map<string, ObjectEntry>();
  for await (const entry of store.list(prefix)) entries.set(entry.key, entry);
  return entries;
}

/** Removes from the target what was purged since an earlier copy; what is locked there stays, and is a finding of the comparison. */
async function removePurged(target: ObjectStore, keys: readonly string[]): Promise<number> {
  let removed = 0;
  for (const key of keys) {
    try {
      await eraseObject(target, key);
      removed++;
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== "object_locked") throw error;
    }
  }
  return removed;
}

async function requireFolder(source: ObjectStore, name: string): Promise<void> {
  const key = archiveLayout.instance(name).slice(0, -1);
  if ((await source.head(key)) !== undefined) throw new LedgerError("archive_broken", `${source.url}/${key} is not an object that the ledger writes`, { remedy: VERIFY });
}

function none(): Amount {
  return { objects: 0, bytes: 0 };
}

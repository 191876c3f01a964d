import pMap from "p-map";
import { ARCHIVE, archiveLayout, kindOfArchived } from "../lake/layout.ts";
import { MINUTE_MS } from "../ledger/durations.ts";
import type { ObjectStore, Unlistable } from "../storage/object-store.ts";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import { tellingStore } from "../storage/telling-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Progress } from "../open/ledger.ts";
import { canLock } from "./copies/protection.ts";
import { type Comparison, compareObject, type Difference } from "./replica/compare-object.ts";
import { compareLocks } from "./replica/compare-locks.ts";
import { groupDifferences } from "./replica/group-differences.ts";
import { type Pair, pairListings } from "./replica/pair-listings.ts";
import { readVouched, type VouchedObjects } from "./replica/vouched-objects.ts";
import { drawSample } from "./verifier/draw-sample.ts";
import { type Finding, finding, inOrder, type Note } from "./verifier/finding.ts";
import type { ReplicaVerification, Verification } from "./verifier/verification.ts";

/** Replication is asynchronous: what changed in these last milliseconds is no finding. */
const SLACK_MS = 15 * MINUTE_MS;

export interface CompareTask {
  archive: ObjectStore;
  /** The second copy. */
  replica: ObjectStore;
  /** Format: see `SigningKey.publicKey`. */
  publicKey: string;
  /** The exports whose bytes are read; null reads all. Everything else is always read. */
  sample: { exports: number; seed: string } | null;
  /** Restricts the comparison to this gateway. */
  instance: string | undefined;
  now: Date;
  progress: Progress;
}

interface ReplicaComparison {
  replica: ReplicaVerification;
  findings: Finding[];
  notes: Note[];
  notChecked: string[];
}

/** Throws the store's error if it cannot be listed: a replica that cannot be reached is not one that lacks everything. */
export async function requireReachable(replica: ObjectStore): Promise<void> {
  await replica.list(ARCHIVE)[Symbol.asyncIterator]().next();
}

/**
 * Compares a second copy of an archive with it, object by object: keys and sizes by their listings, bytes with what the chain vouches for, or
 * with the archive where nothing does. Writes nothing. Differences younger than 15 minutes are counted and are no finding.
 */
export async function compareReplica(task: CompareTask): Promise<ReplicaComparison> {
  const unlistable = new Map<string, string>();
  const replica = tellingStore(task.replica, ({ key, problem }: Unlistable): void => void unlistable.set(key, problem));
  // The verification of the archive itself reports what cannot be listed there.
  const archive = tellingStore(task.archive, () => undefined);
  const vouched = await readVouched(archive, task.publicKey, task.instance);
  const { newest, differences, intact, ...counts } = await compareAll({ ...task, archive, replica }, vouched);
  const grouped = groupDifferences(differences, { url: replica.url, newest, slack: SLACK_MS });
  const unlistableFindings = [...unlistable].map(([key, problem]) => finding("unlistable", { instance: null, key, what: `cannot be listed in the replica ${replica.url}: ${problem}` }));
  return {
    replica: { replica: replica.url, ...counts, differences: grouped.differences },
    findings: [...grouped.findings, ...unlistableFindings],
    notes: intact.map((key) => ({ key, text: `the archive lost it, and the replica ${replica.url} has what the chain lists: restore it from there` })),
    notChecked: await notChecked(archive, replica, vouched, task),
  };
}

/** The verification of an archive together with the comparison of its replica. */
export function withReplica(verified: Verification, { replica, findings, notes, notChecked: unchecked }: ReplicaComparison): Verification {
  return {
    ...verified,
    replica,
    findings: inOrder([...verified.findings, ...findings]),
    notes: [...verified.notes, ...notes].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    notChecked: [...verified.notChecked, ...unchecked],
  };
}

type Compared = Omit<ReplicaVerification, "replica" | "differences"> & { newest: Map<string, Date>; differences: Difference[]; intact: string[] };

async function compareAll({ archive, replica, publicKey, sample, instance, now, progress }: CompareTask, vouched: VouchedObjects): Promise<Compared> {
  const compared: Compared = { objects: 0, hashed: 0, locks: 0, on_the_way: 0, newest: new Map(), differences: [], intact: [] };
  const drawn = sample === null ? undefined : drawSample(vouched.exports, sample.exports, sample.seed);
  const locks = (await canLock(archive)) && (await canLock(replica));
  const unseen = new Map([...vouched.byKey].filter(([, { content }]) => content !== null));
  const settled = new Date(now.getTime() - SLACK_MS);
  const prefix = instance === undefined ? ARCHIVE : archiveLayout.instance(instance);
  progress.begin("replica", unseen.size);
  await withWorkspace(async (workspace) => {
    const comparison: Comparison = { archive, replica, vouched, settled, workspace, isRead: (key) => drawn?.has(key) ?? true, hashed: () => compared.hashed++ };
    const comparePair = async (pair: Pair): Promise<void> => {
      unseen.delete(pair.key);
      await comparePairInto(compared, pair, comparison, locks ? now : undefined);
      progress.step();
    };
    await pMap(pairListings(archive.list(prefix), replica.list(prefix)), comparePair, { concurrency: READS_AT_ONCE / 2 });
  });
  if (unseen.size + compared.intact.length === 0) return compared;
  // What is missing may have been purged after the chain was read.
  const { byKey } = await readVouched(archive, publicKey, instance);
  const isOwed = (key: string): boolean => byKey.get(key)?.content !== null;
  for (const [key, { content }] of unseen) if (isOwed(key)) compared.differences.push({ kind: "lost", key, size: content?.size ?? 0, at: now });
  return { ...compared, intact: compared.intact.filter(isOwed) };
}

/** @param locksAt the current time; undefined if locks are not compared. */
async function comparePairInto(compared: Compared, pair: Pair, comparison: Comparison, locksAt: Date | undefined): Promise<void> {
  const { key, archived, replicated } = pair;
  const outcome = await compareObject(pair, comparison);
  if (outcome === "on the way") compared.on_the_way++;
  else if (outcome === "intact") compared.intact.push(key);
  else if (outcome !== "same") compared.differences.push(outcome);
  if (archived === undefined || replicated === undefined) return;
  compared.objects++;
  const { instance } = kindOfArchived(key);
  const newest = compared.newest.get(instance);
  if (newest === undefined || archived.lastModified > newest) compared.newest.set(instance, archived.lastModified);
  if (outcome !== "same" || locksAt === undefined || archived.lastModified > comparison.settled) return;
  compared.locks++;
  const weaker = await compareLocks(comparison.archive, comparison.replica, key, locksAt);
  if (weaker !== undefined) compared.differences.push({ kind: "unlocked", key, size: replicated.size, at: archived.lastModified, ...weaker });
}

async function notChecked(archive: ObjectStore, replica: ObjectStore, { exports }: VouchedObjects, { sample }: CompareTask): Promise<string[]> {
  const isWeaker = (await canLock(archive)) && !(await canLock(replica));
  return [
    ...(sample === null ? [] : [`the bytes of ${String(exports.length - Math.min(sample.exports, exports.length))} exports in the replica: only a sample was read; sizes were compared for all`]),
    ...(isWeaker ? [`the locks of the replica: ${replica.url} has no Object Lock, so nothing keeps its objects from being removed`] : []),
  ];
}

import { kindOfArchived } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { hash } from "../verifier/check-exports.ts";
import type { Pair } from "./pair-listings.ts";
import type { VouchedObjects } from "./vouched-objects.ts";

/**
 * Why a replica differs from its archive at a key. `lacks`: the archive has it. `lost`: neither has what the chain lists. `purged`: the
 * archive no longer has it, as an event declares. `added`: nothing says that the archive had it. `outdated`: as it was before a reduction.
 * `altered`: other bytes. `unlocked`: a weaker lock, or no legal hold.
 */
export type DifferenceKind = "lacks" | "lost" | "purged" | "added" | "outdated" | "altered" | "unlocked";

export interface Difference {
  kind: DifferenceKind;
  key: string;
  size: number;
  /** When the archive's object was written, purged or reduced; if nothing says, when the replica's was written. */
  at: Date;
  /** SHA-256 or size, where contents were compared. */
  expected?: string;
  found?: string;
}

/** `intact`: the replica has what the chain vouches for and the archive lost. */
export type Outcome = Difference | "same" | "on the way" | "intact";

export interface Comparison {
  archive: ObjectStore;
  replica: ObjectStore;
  vouched: VouchedObjects;
  /** What was written, purged or reduced later than this may still be on its way to the replica. */
  settled: Date;
  /** Whether the bytes of an export are read; those of all other objects always are. */
  isRead: (key: string) => boolean;
  /** Local folder for temporary files. */
  workspace: string;
  /** Called for each object of the replica whose bytes were read. */
  hashed: () => void;
}

/** Compares keys, sizes and bytes. The archive's own bytes are only read where no chain vouches for them. */
export async function compareObject({ key, archived, replicated }: Pair, comparison: Comparison): Promise<Outcome> {
  const { archive, vouched, settled } = comparison;
  const known = vouched.byKey.get(key);
  if (replicated === undefined) {
    if (archived === undefined || known?.content === null) return "same";
    return archived.lastModified > settled ? "on the way" : { kind: "lacks", key, size: archived.size, at: archived.lastModified };
  }
  const { size } = replicated;
  if (archived === undefined && known?.content === null) {
    const at = known.changedAt === undefined ? replicated.lastModified : new Date(known.changedAt);
    return at > settled ? "on the way" : { kind: "purged", key, size, at };
  }
  if (archived === undefined && known === undefined) {
    const hasArrived = replicated.lastModified > settled || (await archive.head(key)) !== undefined;
    return hasArrived ? "on the way" : { kind: "added", key, size, at: replicated.lastModified };
  }
  if (known?.content === null) return "same";
  const differs = await compareContent({ key, archived, replicated }, comparison);
  if (differs === "gone") return "on the way";
  if (differs === undefined) return archived === undefined ? "intact" : "same";
  if (await isChanging({ key, archived, replicated }, comparison)) return "on the way";
  const at = known?.changedAt === undefined ? (archived ?? replicated).lastModified : new Date(known.changedAt);
  const isOutdated = known?.before.some(({ sha256 }) => sha256 === differs.found) ?? false;
  return { kind: isOutdated ? "outdated" : "altered", key, size, at, ...differs };
}

/** Undefined where the replica has the expected content; `gone` where one of the two objects was removed in the meantime. */
async function compareContent({ key, archived, replicated }: Pair, { archive, replica, vouched, isRead, workspace, hashed }: Comparison): Promise<{ expected: string; found: string } | "gone" | undefined> {
  const known = vouched.byKey.get(key);
  const size = known?.content?.size ?? archived?.size;
  const found = replicated?.size ?? 0;
  const isEarlier = known?.before.some((earlier) => earlier.size === found) ?? false;
  if (size !== undefined && size !== found && !isEarlier) return { expected: bytes(size), found: bytes(found) };
  // A note says what the archive could be restored from: that is always read.
  if (size === found && archived !== undefined && kindOfArchived(key).kind === "export" && !isRead(key)) return undefined;
  const theirs = await hash(replica, key, workspace);
  if (theirs === undefined) return "gone";
  hashed();
  const expected = known?.content?.sha256 ?? (await hash(archive, key, workspace))?.sha256;
  if (expected === undefined) return "gone";
  return theirs.sha256 === expected ? undefined : { expected, found: theirs.sha256 };
}

async function isChanging({ key, archived }: Pair, { archive, vouched, settled }: Comparison): Promise<boolean> {
  if (archived === undefined) return false;
  const changedAt = vouched.byKey.get(key)?.changedAt;
  if (archived.lastModified > settled || (changedAt !== undefined && new Date(changedAt) > settled)) return true;
  return (await archive.head(key))?.etag !== archived.etag;
}

function bytes(size: number): string {
  return `${String(size)} bytes`;
}

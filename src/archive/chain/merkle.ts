import { createHash } from "node:crypto";
import { canonicalBytes } from "./canonical.ts";

/**
 * Merkle tree over entries as in RFC 6962, section 2.1: a leaf is the hash of 0x00 and the entry's canonical JSON, a node the
 * hash of 0x01 and its two children; the left child covers the largest power of two below the number of entries.
 */
type Hash = Buffer;

function leafOf(entry: object): Hash {
  return createHash("sha256").update(Buffer.of(0)).update(canonicalBytes(entry)).digest();
}

function nodeOf(left: Hash, right: Hash): Hash {
  return createHash("sha256").update(Buffer.of(1)).update(left).update(right).digest();
}

/** Lower-case hex; without entries, the hash of the empty string. */
export function merkleRoot(entries: readonly object[]): string {
  return rootOf(entries.map(leafOf)).toString("hex");
}

/** The sibling hashes from an entry's leaf up to the root, lower-case hex. */
export function inclusionPath(entries: readonly object[], index: number): string[] {
  return pathOf(entries.map(leafOf), index).map((hash) => hash.toString("hex"));
}

/** Whether the entry is at `index` in the tree of `count` entries with that root. */
export function isIncluded(entry: object, { index, count, path, root }: { index: number; count: number; path: readonly string[]; root: string }): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count) return false;
  const hashes = path.map((hash) => Buffer.from(hash, "hex"));
  return follow(leafOf(entry), index, count, hashes)?.toString("hex") === root;
}

function rootOf(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) return createHash("sha256").digest();
  if (leaves.length === 1) return only;
  const half = halfOf(leaves.length);
  return nodeOf(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

function pathOf(leaves: readonly Hash[], index: number): Hash[] {
  if (leaves.length < 2) return [];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...pathOf(left, index), rootOf(right)] : [...pathOf(right, index - half), rootOf(left)];
}

function follow(leaf: Hash, index: number, count: number, path: readonly Hash[]): Hash | undefined {
  if (count === 1) return path.length === 0 ? leaf : undefined;
  const half = halfOf(count);
  const sibling = path.at(-1);
  if (sibling === undefined) return undefined;
  const inner = path.slice(0, -1);
  const below = index < half ? follow(leaf, index, half, inner) : follow(leaf, index - half, count - half, inner);
  if (below === undefined) return undefined;
  return index < half ? nodeOf(below, sibling) : nodeOf(sibling, below);
}

/** The largest power of two below `count`. */
function halfOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}

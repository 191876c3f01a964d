import { kindOfArchived, type ArchivedKind } from "../../lake/layout.ts";

const MEBIBYTE = 2 ** 20;

/**
 * The largest document of each kind, in bytes. An event of an erasure or a purge takes some 100 to 450 bytes per copy, a digest
 * up to 700; the limits below keep both under these sizes.
 */
const LARGEST: Readonly<Record<ArchivedKind, number>> = {
  receipt: MEBIBYTE,
  event: 32 * MEBIBYTE,
  digest: 96 * MEBIBYTE,
  timestamp: MEBIBYTE,
  export: MEBIBYTE,
  other: MEBIBYTE,
};

/** Exports in one digest: the rest waits for the next one, and checkpoints list it until then. */
export const MOST_EXPORTS_LISTED = 100_000;

/** Copies in one event of a purge or a reduction. */
export const MOST_COPIES_DECLARED = 10_000;

/** Size limit in bytes: anything larger is not a document and is not read. */
export function largestOf(key: string): number {
  return LARGEST[kindOfArchived(key).kind];
}

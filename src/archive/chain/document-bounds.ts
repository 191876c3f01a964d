import { kindOfArchived, type ArchivedKind } from "../../lake/layout.ts";

const MEBIBYTE = 2 ** 20;

/**
 * The largest document of each kind, in bytes. An event of an erasure or a purge names copies by some 100 to 450 bytes each, a digest by
 * up to 700; neither is written with more than fits.
 */
const LARGEST: Readonly<Record<ArchivedKind, number>> = {
  receipt: MEBIBYTE,
  event: 32 * MEBIBYTE,
  digest: 96 * MEBIBYTE,
  export: MEBIBYTE,
  other: MEBIBYTE,
};

/** Of exports in one digest: what is left waits for the next one, and is listed by checkpoints until then. */
export const MOST_EXPORTS_LISTED = 100_000;

/** Of copies in one event of a purge or a reduction. */
export const MOST_COPIES_DECLARED = 10_000;

/** A document of more bytes than this is none, and is not read. */
export function largestOf(key: string): number {
  return LARGEST[kindOfArchived(key).kind];
}

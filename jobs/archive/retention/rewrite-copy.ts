import type { Treatment } from "../../../src/aperture/rewrite-export.ts";

export type { Treatment } from "../../../src/aperture/rewrite-export.ts";

/**
 * Writes an export again as an export, with less in it: the same bytes for the same treatments.
 * @param treat the treatment of the item at that place in the file, counted from 0, items that are no records included.
 */
export type Rewrite = (file: string, out: string, treat: (position: number) => Treatment) => Promise<{ removed: number; bodiesDropped: number }>;

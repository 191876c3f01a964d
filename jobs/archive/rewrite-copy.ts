/** What becomes of a record when a copy is written anew. */
export type Treatment = "keep" | "remove" | "drop_bodies" | "redact_bodies";

/**
 * Writes an export again as an export, with less in it: the same bytes for the same treatments.
 * @param treat the treatment of the item at that place in the file, counted from 0, items that are no records included.
 */
export type Rewrite = (file: string, out: string, treat: (position: number) => Treatment) => Promise<{ removed: number; bodiesDropped: number }>;

/** How copies are written anew; undefined where that cannot be done: copies that should be reduced then stay as they are. */
export const rewriteCopy: Rewrite | undefined = undefined;

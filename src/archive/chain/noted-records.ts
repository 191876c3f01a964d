import { z } from "zod";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A record in the lake when a digest was made. `sha256` is null if the record was removed and somebody accepted that. */
export const notedRecord = z.object({ key: z.string(), sha256: hash.nullable() });
export type NotedRecord = z.infer<typeof notedRecord>;

/** What the digests note about a record. */
export interface Noting {
  sha256: string | null;
  /** Day of the last digest that noted it. */
  date: string;
}

/** The last noting of each record, by key; undefined if no digest notes records. @param digests in order. */
export function lastNotings(digests: Iterable<{ date: string; records: readonly NotedRecord[] | undefined }>): Map<string, Noting> | undefined {
  let notings: Map<string, Noting> | undefined;
  for (const { date, records } of digests) {
    if (records === undefined) continue;
    notings ??= new Map();
    for (const { key, sha256 } of records) notings.set(key, { sha256, date });
  }
  return notings;
}

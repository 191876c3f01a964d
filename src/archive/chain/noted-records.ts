import { z } from "zod";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A record of the lake as it was when a digest was made. `sha256` is null where it was removed and somebody stood up for that. */
export const notedRecord = z.object({ key: z.string(), sha256: hash.nullable() });
export type NotedRecord = z.infer<typeof notedRecord>;

/** What digests say of a record. */
export interface Noting {
  sha256: string | null;
  /** Day of the digest that noted it last. */
  date: string;
}

/** By key, what the last of some digests says that noted it; undefined where none notes records. @param digests in order. */
export function lastNotings(digests: Iterable<{ date: string; records: readonly NotedRecord[] | undefined }>): Map<string, Noting> | undefined {
  let notings: Map<string, Noting> | undefined;
  for (const { date, records } of digests) {
    if (records === undefined) continue;
    notings ??= new Map();
    for (const { key, sha256 } of records) notings.set(key, { sha256, date });
  }
  return notings;
}

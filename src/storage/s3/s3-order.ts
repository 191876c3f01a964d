import type { ObjectEntry } from "../object-store.ts";
import { isAws } from "../place.ts";

/** How a server lists; what is learnt is kept until the process ends. */
export interface ListingHabits {
  /** `none`: not by key, as in S3 Express and Storj, where `StartAfter` has no meaning. Undefined until it is known. */
  order: "by key" | "none" | undefined;
  /** Accepts only prefixes that end with a slash, as S3 Express does. */
  wholeFolders: boolean;
}

/** This many keys are never in order by chance. */
const TELLING_KEYS = 8;

/** What is known about a server before the first request. @param server in the form of `serverOf`. */
export function habitsOf(server: string, bucket: string): ListingHabits {
  // Only the names of AWS's directory buckets (S3 Express One Zone) end like this.
  if (bucket.endsWith("--x-s3")) return { order: "none", wholeFolders: true };
  return { order: isAws(server) ? "by key" : undefined, wholeFolders: false };
}

/** Whether keys ascend in byte order and all come after `last`. */
export function isByKey(entries: readonly ObjectEntry[], last?: string): boolean {
  let before = last === undefined ? undefined : Buffer.from(last);
  return entries.every(({ key }) => {
    const bytes = Buffer.from(key);
    const follows = before === undefined || Buffer.compare(bytes, before) > 0;
    before = bytes;
    return follows;
  });
}

/** The order of listings that one page shows; undefined if the page is too short. */
export function orderOf(page: readonly ObjectEntry[]): ListingHabits["order"] {
  if (!isByKey(page)) return "none";
  return page.length < TELLING_KEYS ? undefined : "by key";
}

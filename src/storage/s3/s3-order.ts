import type { ObjectEntry } from "../object-store.ts";
import { isAws } from "../place.ts";

/** How a server lists; what is learnt of it holds for as long as the process lives. */
export interface ListingHabits {
  /** `none`: not by key, as S3 Express and Storj do it; `StartAfter` means nothing there. Undefined as long as it is not known. */
  order: "by key" | "none" | undefined;
  /** Takes only prefixes that end with a slash, as S3 Express does. */
  wholeFolders: boolean;
}

/** So many keys are not in order by chance. */
const TELLING_KEYS = 8;

/** What can be known of a server that is not yet asked. @param server as `serverOf` says it. */
export function habitsOf(server: string, bucket: string): ListingHabits {
  // AWS's names of directory buckets (S3 Express One Zone) end so, and no others do.
  if (bucket.endsWith("--x-s3")) return { order: "none", wholeFolders: true };
  return { order: isAws(server) ? "by key" : undefined, wholeFolders: false };
}

/** Whether keys ascend in byte order, each of them behind `last`. */
export function isByKey(entries: readonly ObjectEntry[], last?: string): boolean {
  let before = last === undefined ? undefined : Buffer.from(last);
  return entries.every(({ key }) => {
    const bytes = Buffer.from(key);
    const follows = before === undefined || Buffer.compare(bytes, before) > 0;
    before = bytes;
    return follows;
  });
}

/** What a page says about the order of all listings. */
export function orderOf(page: readonly ObjectEntry[]): ListingHabits["order"] {
  if (!isByKey(page)) return "none";
  return page.length < TELLING_KEYS ? undefined : "by key";
}

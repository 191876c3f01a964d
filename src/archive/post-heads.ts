import { messageOf } from "../ledger/errors.ts";
import { keepPostedHeads, type PostedHeads, readPostedHeads } from "../lake/records/posted-heads.ts";
import type { Ledger } from "../open/ledger.ts";
import { listArchive } from "./copies/list-archive.ts";
import { type Head, inOrderOfDays, readHead } from "./heads/head.ts";

export interface PostedToPlace {
  place: string;
  /** Number of heads that it got from this call. */
  posted: number;
  /** Why it got no more; null if it has all. */
  problem: string | null;
}

/**
 * Posts the head of each new digest to the configured places; a new place begins with the newest. A place that fails gets them from the next call, and
 * stops neither the others nor sealing.
 */
export async function postHeads({ stores: { archive, lake }, telling: { heads: places = [] } }: Pick<Ledger, "stores" | "telling">): Promise<PostedToPlace[]> {
  if (places.length === 0) return [];
  const chains = [...(await listArchive(archive))].map(([instance, { digests }]) => ({ instance, digests: inOrderOfDays(digests) }));
  const known = await readPostedHeads(lake);
  const results: PostedToPlace[] = [];
  const noted: PostedHeads = [];
  for (const { name, post } of places) {
    const result: PostedToPlace = { place: name, posted: 0, problem: null };
    for (const { instance, digests } of chains) {
      const last = known.find((one) => one.place === name && one.instance === instance)?.digest;
      const since = digests.findIndex(({ key }) => key === last);
      const fresh = since < 0 ? digests.slice(-1) : digests.slice(since + 1);
      let reached = since < 0 ? undefined : last;
      try {
        const heads: Head[] = [];
        for (const entry of fresh) heads.push(await readHead(archive, entry));
        if (heads.length > 0) await post(heads);
        result.posted += heads.length;
        reached = digests.at(-1)?.key;
      } catch (error) {
        result.problem ??= messageOf(error);
      }
      if (reached !== undefined) noted.push({ place: name, instance, digest: reached });
    }
    results.push(result);
  }
  await keepPostedHeads(lake, noted);
  return results;
}

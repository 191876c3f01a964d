import type { ObjectEntry } from "../../storage/object-store.ts";

/** What an archive and its replica have at a key; at least one of them has something. */
export interface Pair {
  key: string;
  archived: ObjectEntry | undefined;
  replicated: ObjectEntry | undefined;
}

/** Walks two listings, both in byte order of their keys, side by side: neither is held in memory. */
export async function* pairListings(archive: AsyncIterable<ObjectEntry>, replica: AsyncIterable<ObjectEntry>): AsyncGenerator<Pair> {
  const [one, other] = [archive[Symbol.asyncIterator](), replica[Symbol.asyncIterator]()];
  try {
    let [archived, replicated] = [await nextOf(one), await nextOf(other)];
    while (archived !== undefined || replicated !== undefined) {
      const order = orderOf(archived, replicated);
      yield { key: (order <= 0 ? archived : replicated)?.key ?? "", archived: order <= 0 ? archived : undefined, replicated: order >= 0 ? replicated : undefined };
      if (order <= 0) archived = await nextOf(one);
      if (order >= 0) replicated = await nextOf(other);
    }
  } finally {
    await one.return?.();
    await other.return?.();
  }
}

async function nextOf(entries: AsyncIterator<ObjectEntry>): Promise<ObjectEntry | undefined> {
  const next = await entries.next();
  return next.done === true ? undefined : next.value;
}

function orderOf(one: ObjectEntry | undefined, other: ObjectEntry | undefined): number {
  if (one === undefined) return 1;
  return other === undefined ? -1 : Buffer.compare(Buffer.from(one.key), Buffer.from(other.key));
}

import type { Content } from "../receipt.ts";
import type { Digest, ListedExport } from "./digest.ts";
import type { ArchiveEvent } from "./event.ts";

/** An export that a chain lists, and what ought to lie at its key by now. */
export interface ExpectedExport {
  /** As it was first listed, and in which digest. */
  listed: ListedExport;
  digest: { date: string; number: number };
  /** Null once it was purged. */
  now: Content | null;
  /** What lay there before, oldest first: declared reductions replaced it. */
  before: Content[];
}

/**
 * What the exports of a gateway ought to be, by key.
 * @param digests in order of the chain. @param events in the order of `orderEvents`; those that no digest lists yet may be among them.
 */
export function expectExports(digests: readonly Pick<Digest, "header" | "exports">[], events: readonly ArchiveEvent[]): Map<string, ExpectedExport> {
  const expected = new Map<string, ExpectedExport>();
  for (const { header, exports } of digests) {
    for (const listed of exports) {
      const { size, sha256 } = listed;
      expected.set(listed.key, { listed, digest: { date: header.date, number: header.number }, now: { size, sha256 }, before: [] });
    }
  }
  for (const event of events) {
    if (event.kind !== "purge" && event.kind !== "reduction") continue;
    for (const changed of event.objects) {
      const one = expected.get(changed.key);
      if (one === undefined || one.now === null) continue;
      one.before.push(one.now);
      one.now = "after" in changed ? changed.after : null;
    }
  }
  return expected;
}

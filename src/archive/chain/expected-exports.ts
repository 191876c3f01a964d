import type { Content } from "../copies/receipt.ts";
import type { Digest, ListedExport } from "./digest.ts";
import type { ArchiveEvent } from "./event.ts";

/** What lists an export first, for messages. */
export function listerOf({ digest }: Pick<ExpectedExport, "digest">): string {
  return digest === null ? "a checkpoint" : `digest ${digest.date}`;
}

/** An export that a chain lists, and what ought to lie at its key by now. */
export interface ExpectedExport {
  /** As it was first listed. */
  listed: Omit<ListedExport, "etag">;
  /** The digest that lists it first; null while none but a checkpoint does. */
  digest: { date: string; number: number } | null;
  /** Null once it was purged. */
  now: Content | null;
  /** What lay there before, oldest first: declared reductions replaced it. */
  before: Content[];
}

/**
 * What the exports of a gateway ought to be, by key: as the first digest lists them, else as the first checkpoint does.
 * @param digests in order of the chain. @param events in the order of `orderEvents`; those that no digest lists yet may be among them.
 */
export function expectExports(digests: readonly Pick<Digest, "header" | "exports">[], events: readonly ArchiveEvent[]): Map<string, ExpectedExport> {
  const expected = new Map<string, ExpectedExport>();
  const expect = (listed: ExpectedExport["listed"], digest: ExpectedExport["digest"]): void => {
    const { key, size, sha256 } = listed;
    if (!expected.has(key)) expected.set(key, { listed, digest, now: { size, sha256 }, before: [] });
  };
  for (const { header, exports } of digests) for (const listed of exports) expect(listed, { date: header.date, number: header.number });
  for (const event of events) {
    if (event.kind === "checkpoint") for (const one of event.exports) expect({ ...one, retention: null, bodies: "keep", arrived: null, records: null }, null);
  }
  for (const event of events) {
    if (event.kind !== "purge" && event.kind !== "reduction") continue;
    for (const changed of event.objects) {
      const one = expected.get(changed.key);
      if (one === undefined || one.now === null) continue;
      // A checkpoint may have come after a reduction, and then tells of what is left.
      if (one.digest === null && "after" in changed && changed.before.sha256 !== one.now.sha256) continue;
      one.before.push(one.now);
      one.now = "after" in changed ? changed.after : null;
    }
  }
  return expected;
}

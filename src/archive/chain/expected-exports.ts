import type { Content } from "../copies/receipt.ts";
import type { Digest, ListedExport } from "./digest.ts";
import type { ArchiveEvent } from "./event.ts";

/** Names the document that first lists an export, for messages. */
export function listerOf({ digest }: Pick<ExpectedExport, "digest">): string {
  return digest === null ? "a checkpoint" : `digest ${digest.date}`;
}

/** An export that a chain lists, and the content expected at its key now. */
export interface ExpectedExport {
  /** First entry of the export in the chain. */
  listed: Omit<ListedExport, "etag">;
  /** The first digest that lists it; null while only a checkpoint does. */
  digest: { date: string; number: number } | null;
  /** Null after a purge. */
  now: Content | null;
  /** Earlier contents, oldest first, which declared reductions or a purge replaced. */
  before: Content[];
}

/**
 * The expected content of a gateway's exports by key, from the first digest that lists them, or else the first checkpoint.
 * @param digests in order of the chain. @param events in the order of `orderEvents`, listed by a digest or not.
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
      // A checkpoint after a reduction already lists the reduced copy.
      if (one.digest === null && "after" in changed && changed.before.sha256 !== one.now.sha256) continue;
      one.before.push(one.now);
      one.now = "after" in changed ? changed.after : null;
    }
  }
  return expected;
}

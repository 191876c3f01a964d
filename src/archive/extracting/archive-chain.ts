import { archiveLayout } from "../../lake/layout.ts";
import { annulledBy, withoutAnnulled } from "../chain/annulled.ts";
import { believedEvents } from "../chain/believed-events.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import type { SignedEvent } from "../chain/event.ts";
import { makeProof, type ProofFile } from "../chain/inclusion-proof.ts";
import { loadDigests, loadDocument, loadEvents, type StoredDocument } from "../chain/read-document.ts";
import type { Digest } from "../chain/digest.ts";
import { type Content, receipt } from "../copies/receipt.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** What an object ought to be. `unknown`: no digest lists it, and it has no receipt. */
export type Ought = Content | "purged" | "unknown";

type ObjectProof = ProofFile["objects"][number];

/** The digests and events of one gateway, as far as its exports are what they ought to be by them. */
export class ArchiveChain {
  readonly #archive: ObjectStore;
  readonly #digests: ReadonlyMap<string, StoredDocument<Digest>>;
  readonly #events: readonly SignedEvent[];
  readonly #expected: ReadonlyMap<string, ExpectedExport>;

  private constructor(archive: ObjectStore, digests: readonly StoredDocument<Digest>[], events: readonly SignedEvent[]) {
    this.#archive = archive;
    this.#digests = new Map(digests.map((one) => [one.document.header.date, one]));
    this.#events = events;
    this.#expected = expectExports(digests.map(({ document }) => document), events.map(({ header }) => header));
  }

  /** Throws `archive_broken` where a digest is none. */
  static async load(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveChain> {
    const [digests, events] = await Promise.all([loadDigests(archive, instance), loadEvents(archive, instance)]);
    const believed = believedEvents(instance, events, publicKey).map(({ document }) => document);
    return new ArchiveChain(archive, withoutAnnulled(digests, annulledBy(believed.map(({ header }) => header))), believed);
  }

  get rotations(): SignedEvent[] {
    return this.#events.filter(({ header }) => header.kind === "rotation");
  }

  /** By the digests; of an export that none lists yet, by its receipt. Throws `archive_broken` where that is none. */
  async oughtToBe(key: string): Promise<Ought> {
    const listed = this.#expected.get(key);
    if (listed !== undefined) return listed.now ?? "purged";
    const read = await loadDocument(this.#archive, archiveLayout.receipt(key), receipt);
    return this.#changed(key, read?.document.header.kept);
  }

  /** @param content what the object is, which is what it ought to be. */
  prove(key: string, content: Content): ObjectProof {
    const listed = this.#expected.get(key);
    const digest = this.#digests.get(listed?.digest?.date ?? "");
    return (digest && makeProof(digest.document, key, content, this.#events)) ?? { sealed: false, key, content: { size: content.size, sha256: content.sha256 } };
  }

  #changed(key: string, kept: Content | undefined): Ought {
    let now: Ought = kept ?? "unknown";
    for (const { header } of this.#events) {
      if (header.kind === "purge" && header.objects.some((one) => one.key === key)) return "purged";
      const reduced = header.kind === "reduction" ? header.objects.find((one) => one.key === key) : undefined;
      if (reduced !== undefined) now = reduced.after;
    }
    return now;
  }
}

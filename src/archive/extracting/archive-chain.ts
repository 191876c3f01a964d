import { archiveLayout } from "../../lake/layout.ts";
import { annulledBy, withoutAnnulled } from "../chain/annulled.ts";
import { verifiedEvents } from "../chain/verified-events.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import type { SignedEvent } from "../chain/event.ts";
import { makeProof, type ProofFile } from "../chain/inclusion-proof.ts";
import { loadDigests, loadDocument, loadEvents, type StoredDocument } from "../chain/read-document.ts";
import type { Digest } from "../chain/digest.ts";
import { type Content, receipt } from "../copies/receipt.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** The content expected of an object. `unknown`: no digest lists it, and it has no receipt. */
export type ExpectedContent = Content | "purged" | "unknown";

type ObjectProof = ProofFile["objects"][number];

/** The digests and events of one gateway, and the content that they expect of its exports. */
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

  /** Throws `archive_broken` for an invalid digest. */
  static async load(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveChain> {
    const [digests, events] = await Promise.all([loadDigests(archive, instance), loadEvents(archive, instance)]);
    const verified = verifiedEvents(instance, events, publicKey).map(({ document }) => document);
    return new ArchiveChain(archive, withoutAnnulled(digests, annulledBy(verified.map(({ header }) => header))), verified);
  }

  get rotations(): SignedEvent[] {
    return this.#events.filter(({ header }) => header.kind === "rotation");
  }

  /** From the digests or, for an export that no digest lists yet, from its receipt. Throws `archive_broken` for an invalid receipt. */
  async expectedContent(key: string): Promise<ExpectedContent> {
    const listed = this.#expected.get(key);
    if (listed !== undefined) return listed.now ?? "purged";
    const read = await loadDocument(this.#archive, archiveLayout.receipt(key), receipt);
    return this.#changed(key, read?.document.header.kept);
  }

  /** @param content the object's content, already checked against `expectedContent`. */
  prove(key: string, content: Content): ObjectProof {
    const listed = this.#expected.get(key);
    const digest = this.#digests.get(listed?.digest?.date ?? "");
    return (digest && makeProof(digest.document, key, content, this.#events)) ?? { sealed: false, key, content: { size: content.size, sha256: content.sha256 } };
  }

  #changed(key: string, kept: Content | undefined): ExpectedContent {
    let now: ExpectedContent = kept ?? "unknown";
    for (const { header } of this.#events) {
      if (header.kind === "purge" && header.objects.some((one) => one.key === key)) return "purged";
      const reduced = header.kind === "reduction" ? header.objects.find((one) => one.key === key) : undefined;
      if (reduced !== undefined) now = reduced.after;
    }
    return now;
  }
}

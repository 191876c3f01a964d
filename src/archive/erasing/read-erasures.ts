import pMap from "p-map";
import { isPlaceOf, kindOfArchived } from "../../lake/layout.ts";
import { believedEvents } from "../chain/believed-events.ts";
import { signedEvent } from "../chain/event.ts";
import { type BrokenDocument, readDocument } from "../chain/read-document.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import type { Erasure } from "../../ledger/names/erasure.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { NormalisingRules } from "../../ingest/normaliser/normalise.ts";
import type { Ledger } from "../../open/ledger.ts";

export interface KnownErasure extends Erasure {
  id: string;
}

/** An erasure, and the keys of the copies that it names. */
export interface NamedErasure extends KnownErasure {
  exports: readonly string[];
}

export interface ReadErasures {
  /** By gateway, in order: those that are to be believed. */
  erasures: Map<string, NamedErasure[]>;
  /** By gateway: what lies at the place of an erasure and cannot be read. Nobody can tell who was erased there. */
  hidden: Map<string, BrokenDocument>;
}

/**
 * The erasures that the chain of each gateway records.
 * @param listed what the archive holds; nothing else is asked for where it has none. @param publicKey as of `believedEvents`.
 */
export async function readErasures(archive: ObjectStore, listed: Iterable<ObjectEntry>, publicKey: string | undefined): Promise<ReadErasures> {
  const events = [...listed].filter(({ key }) => kindOfArchived(key).kind === "event");
  const ofErasures = events.filter(({ key }) => key.includes("-erasure-"));
  if (ofErasures.length === 0) return { erasures: new Map(), hidden: new Map() };
  // By rotations keys are linked to the one there is now.
  const entries = [...ofErasures, ...events.filter(({ key }) => key.includes("-rotation-"))];
  const read = await pMap(entries, (entry) => readDocument(archive, entry, signedEvent), { concurrency: READS_AT_ONCE });
  const broken = read.flatMap((one) => ("problem" in one && isPlaceOf("erasure", one.key) ? [one] : []));
  const byInstance = Map.groupBy(read.flatMap((one) => ("problem" in one ? [] : [one])), ({ key }) => kindOfArchived(key).instance);
  const erasures = new Map([...byInstance].map(([instance, documents]) => [instance, believedEvents(instance, documents, publicKey).flatMap(({ document: { header } }) => (header.kind === "erasure" ? [header] : []))]));
  return { erasures, hidden: new Map(broken.map((one) => [kindOfArchived(one.key).instance, one])) };
}

/** Throws `archive_broken` where it cannot be told who was erased. @param instances of these gateways; undefined: of any. */
export function refuseHidden({ url }: ObjectStore, { hidden }: ReadErasures, instances?: ReadonlySet<string>): void {
  const [first] = [...hidden].filter(([instance]) => instances === undefined || instances.has(instance));
  if (first === undefined) return;
  const [instance, { key, problem }] = first;
  throw new LedgerError("archive_broken", `${url}/${key}: ${problem}; it may have been an erasure, so nothing of ${instance} is read`, {
    remedy: "restore it from a backup, or remove it if nobody was erased by it: aperture-ledger archive verify names all that is wrong there",
  });
}

/** What records go through, as part of the rules they are normalised by. Throws `key_missing`. */
export function erasing({ instance, erasures }: { instance: string; erasures?: readonly KnownErasure[] }, { work: { archiving } }: Pick<Ledger, "work">): Pick<NormalisingRules, "erased"> {
  if (erasures === undefined || erasures.length === 0) return {};
  if (archiving.erasureKey !== undefined) return { erased: { key: archiving.erasureKey.toString("hex"), erased: erasures } };
  throw new LedgerError("key_missing", `callers of ${instance} were erased, and there is no key to know them by`, {
    remedy: "give the key they were erased with: archive.erasure_key, or APERTURE_LEDGER_ERASURE_KEY",
  });
}

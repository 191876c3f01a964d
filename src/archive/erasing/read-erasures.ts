import pMap from "p-map";
import { isPlaceOf, kindOfArchived } from "../../lake/layout.ts";
import { verifiedEvents } from "../chain/verified-events.ts";
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

/** An erasure with the keys of the copies that it names. */
export interface NamedErasure extends KnownErasure {
  exports: readonly string[];
}

export interface ReadErasures {
  /** The verified erasures by gateway, in order. */
  erasures: Map<string, NamedErasure[]>;
  /** Unreadable objects at the key of an erasure, by gateway: it is unknown whom they erased. */
  hidden: Map<string, BrokenDocument>;
}

/**
 * Reads the erasures in the chain of each gateway.
 * @param listed listing of the archive; without erasures in it nothing is read. @param publicKey as for `verifiedEvents`.
 */
export async function readErasures(archive: ObjectStore, listed: Iterable<ObjectEntry>, publicKey: string | undefined): Promise<ReadErasures> {
  const events = [...listed].filter(({ key }) => kindOfArchived(key).kind === "event");
  const ofErasures = events.filter(({ key }) => key.includes("-erasure-"));
  if (ofErasures.length === 0) return { erasures: new Map(), hidden: new Map() };
  // Rotations link earlier keys to the current one.
  const entries = [...ofErasures, ...events.filter(({ key }) => key.includes("-rotation-"))];
  const read = await pMap(entries, (entry) => readDocument(archive, entry, signedEvent), { concurrency: READS_AT_ONCE });
  const broken = read.flatMap((one) => ("problem" in one && isPlaceOf("erasure", one.key) ? [one] : []));
  const byInstance = Map.groupBy(read.flatMap((one) => ("problem" in one ? [] : [one])), ({ key }) => kindOfArchived(key).instance);
  const erasures = new Map([...byInstance].map(([instance, documents]) => [instance, verifiedEvents(instance, documents, publicKey).flatMap(({ document: { header } }) => (header.kind === "erasure" ? [header] : []))]));
  return { erasures, hidden: new Map(broken.map((one) => [kindOfArchived(one.key).instance, one])) };
}

/** Throws `archive_broken` if it is unknown who was erased. @param instances the gateways to check; undefined checks all. */
export function refuseHidden({ url }: ObjectStore, { hidden }: ReadErasures, instances?: ReadonlySet<string>): void {
  const [first] = [...hidden].filter(([instance]) => instances === undefined || instances.has(instance));
  if (first === undefined) return;
  const [instance, { key, problem }] = first;
  throw new LedgerError("archive_broken", `${url}/${key}: ${problem}. It may have been an erasure, so nothing of ${instance} is read`, {
    remedy: "restore it from a backup, or remove it if it was not an erasure: aperture-ledger archive verify reports everything that is wrong there",
  });
}

/** The erasures among the rules for normalising records. Throws `key_missing`. */
export function erasing({ instance, erasures }: { instance: string; erasures?: readonly KnownErasure[] }, { work: { archiving } }: Pick<Ledger, "work">): Pick<NormalisingRules, "erased"> {
  if (erasures === undefined || erasures.length === 0) return {};
  if (archiving.erasureKey !== undefined) return { erased: { key: archiving.erasureKey.toString("hex"), erased: erasures } };
  throw new LedgerError("key_missing", `callers of ${instance} were erased, and no key is configured to recognise them`, {
    remedy: "set archive.erasure_key or APERTURE_LEDGER_ERASURE_KEY to the key they were erased with",
  });
}

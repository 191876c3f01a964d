import { ascending } from "../../ledger/orders.ts";
import type { DigestLink } from "../chain/digest.ts";
import type { Annulled } from "../chain/annulled.ts";
import type { SoundDigest } from "./check-digest.ts";

/** A reference to a digest in a later digest. */
export interface Vouched extends DigestLink {
  /** Key of the later digest. */
  by: string;
}

/** The references between digests, and the digests that they refute. */
export interface Vouching {
  vouched: ReadonlyMap<string, readonly Vouched[]>;
  /** Refuted digests by SHA-256, with a later reference that has a different hash. */
  refuted: ReadonlyMap<string, Vouched>;
}

export function linkName({ instance, date }: { instance: string; date: string }): string {
  return `${instance} ${date}`;
}

/**
 * Starts with the newest, since a refuted digest refutes nothing: a digest that was made again is one finding, not one for each
 * digest that it names. Ignores references to annulled digests. The order is by day, which the key fixes, not by `sealed_at`.
 */
export function vouch(digests: readonly SoundDigest[], annulled: Annulled): Vouching {
  const vouched = new Map<string, Vouched[]>();
  const refuted = new Map<string, Vouched>();
  const contradiction = ({ sha256, document }: SoundDigest): Vouched | undefined => vouched.get(linkName(document.header))?.find((link) => link.sha256 !== sha256);
  const ordered = digests.toSorted(newestFirst);
  for (const digest of ordered) {
    const other = contradiction(digest);
    if (other !== undefined) refuted.set(digest.sha256, other);
    else addReferences(digest, vouched, annulled);
  }
  // A gateway that was sealed late may refer to digests of days later than its own.
  for (const digest of ordered) {
    const other = contradiction(digest);
    if (other !== undefined && !refuted.has(digest.sha256)) refuted.set(digest.sha256, other);
  }
  return { vouched, refuted };
}

function addReferences({ key, document: { header } }: SoundDigest, vouched: Map<string, Vouched[]>, annulled: Annulled): void {
  for (const link of [...(header.previous === null ? [] : [header.previous]), ...header.others]) {
    if (annulled.has(link.sha256)) continue;
    const all = vouched.get(linkName(link)) ?? [];
    all.push({ ...link, by: key });
    vouched.set(linkName(link), all);
  }
}

function newestFirst(a: SoundDigest, b: SoundDigest): number {
  return ascending(b.document.header.date, a.document.header.date) || ascending(a.key, b.key);
}

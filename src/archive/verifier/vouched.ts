import { ascending } from "../../ledger/orders.ts";
import type { DigestLink } from "../chain/digest.ts";
import type { Annulled } from "../chain/annulled.ts";
import type { SoundDigest } from "./judge-digest.ts";

/** A digest as a later one names it. */
export interface Vouched extends DigestLink {
  /** Key of the digest that says so. */
  by: string;
}

/** What digests say of others, and which of them are thereby refuted. */
export interface Vouching {
  vouched: ReadonlyMap<string, readonly Vouched[]>;
  /** By SHA-256: those that a later digest knew with another one, and that one. */
  refuted: ReadonlyMap<string, Vouched>;
}

export function linkName({ instance, date }: { instance: string; date: string }): string {
  return `${instance} ${date}`;
}

/**
 * Newest first, since what is refuted refutes nothing: one digest that was made anew is one finding,
 * not one for each that it names. What was annulled is named for nothing. By their days, which their places fix, and not by when they say that they were sealed.
 */
export function vouch(digests: readonly SoundDigest[], annulled: Annulled): Vouching {
  const vouched = new Map<string, Vouched[]>();
  const refuted = new Map<string, Vouched>();
  const contradiction = ({ sha256, document }: SoundDigest): Vouched | undefined => vouched.get(linkName(document.header))?.find((link) => link.sha256 !== sha256);
  const ordered = digests.toSorted(newestFirst);
  for (const digest of ordered) {
    const other = contradiction(digest);
    if (other !== undefined) refuted.set(digest.sha256, other);
    else name(digest, vouched, annulled);
  }
  // Neighbours that caught up late name digests of later days than their own.
  for (const digest of ordered) {
    const other = contradiction(digest);
    if (other !== undefined && !refuted.has(digest.sha256)) refuted.set(digest.sha256, other);
  }
  return { vouched, refuted };
}

function name({ key, document: { header } }: SoundDigest, vouched: Map<string, Vouched[]>, annulled: Annulled): void {
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

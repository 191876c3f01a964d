import type { DigestLink } from "../chain/digest.ts";
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
 * not one for each that it names.
 */
export function vouch(digests: readonly SoundDigest[]): Vouching {
  const vouched = new Map<string, Vouched[]>();
  const refuted = new Map<string, Vouched>();
  for (const { key, sha256, document } of digests.toSorted(newestFirst)) {
    const { header } = document;
    const other = vouched.get(linkName(header))?.find((link) => link.sha256 !== sha256);
    if (other !== undefined) {
      refuted.set(sha256, other);
      continue;
    }
    for (const link of [...(header.previous === null ? [] : [header.previous]), ...header.others]) {
      const all = vouched.get(linkName(link)) ?? [];
      all.push({ ...link, by: key });
      vouched.set(linkName(link), all);
    }
  }
  return { vouched, refuted };
}

/** Digests of days on which nobody was there are sealed together, later. */
function newestFirst(a: SoundDigest, b: SoundDigest): number {
  const [one, other] = [a.document.header, b.document.header];
  return compare(other.sealed_at, one.sealed_at) || compare(other.date, one.date) || compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

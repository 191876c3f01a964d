import { ascending } from "../../ledger/orders.ts";

/** What each kind of finding may mean; the second half of its text. */
const MEANINGS = {
  altered: "its bytes were changed after it was archived",
  deleted: "it was removed without a tombstone",
  added: "the ledger did not write it; somebody added it, or it hides what it replaced",
  replaced_by_older: "it was replaced by something that was valid earlier or elsewhere",
  digest_missing: "it was removed; nothing vouches for what it listed",
  digest_altered: "it was changed after it was sealed, or made again by somebody who has the signing key",
  digest_order: "digests were moved, renumbered or left out",
  digest_ahead: "it was made while a clock was ahead, or this machine's clock is behind: set the clock, then use aperture-ledger archive seal --annul-after",
  digest_key: "somebody else signed it, or the given public key is not the archive's and no rotation links to it",
  digest_signature: "it was changed after it was signed, or never signed",
  chain_ends_early: "sealing has not run since then, or the newest digests were removed",
  chain_missing: "nothing was sealed yet, the whole chain was removed, or the archive is somewhere else",
  unlistable: "it is unknown whether the archive has valid objects there",
  receipt_altered: "it was changed after a digest listed it",
  receipt_missing: "it was removed after a digest listed it",
  event_altered: "it was changed after a digest listed it: what it declared is lost",
  event_missing: "it was removed after a digest listed it: what it declared is lost",
  timestamp_invalid: "it was exchanged or forged, or another authority than the given one made it",
  retention_shortened: "it can be removed sooner than promised",
  legal_hold_missing: "it can be removed although a hold covers it",
  record_altered: "it decides who owes what, and was changed or removed after a digest noted it",
  record_added: "it decides who owes what, and the ledger did not write it, or wrote it elsewhere",
  closed_file_altered: "the figures of a closed month were changed or removed: restore it from a backup",
  close_altered: "the close record was changed, removed or made again after a digest noted it",
  listed_wrongly: "the ledger never makes such a digest: somebody who has the signing key made it",
  time_order: "a clock was wrong by more than a day, or somebody who has the signing key made it later than it says",
  close_dropped: "a closed month was removed, or closed again",
  locked_overwritten: "the locked version, which still exists, was overwritten",
  rows_differ: "the tables do not follow from the archive: run aperture-ledger run, then verify again",
  replica_lacks: "until the replica has it, the archive is the only copy",
  replica_adds: "the second copy holds what the archive does not",
  replica_differs: "the second copy could not replace the archive",
  replica_unlocked: "it can be removed from the replica sooner than from the archive",
  head_missing: "the chain was cut off before that digest, or rewritten",
} as const;

export type FindingCode = keyof typeof MEANINGS;

/** Objects that a finding about a digest or an event leaves unexplained, and that have no finding of their own. */
interface Unaccounted {
  count: number;
  /** Number of them that no trusted key signed: somebody may have added them. */
  unsigned: number;
  /** At most `MOST_KEYS`, unsigned ones first. */
  keys: readonly string[];
}

const MOST_KEYS = 20;

/** A difference between the archive and its chain. */
export interface Finding {
  code: FindingCode;
  /** Null if it concerns the whole archive. */
  instance: string | null;
  /** Key of the object, or the key that a missing object would have. */
  key: string;
  expected: string | null;
  found: string | null;
  text: string;
  unaccounted: Unaccounted | null;
}

/** Something worth knowing that is not wrong. */
export interface Note {
  key: string;
  text: string;
}

/** @param what the predicate of the sentence about the object; the code's meaning follows it. */
export function finding(
  code: FindingCode,
  { instance, key, what, expected = null, found = null }: { instance: string | null; key: string; what: string; expected?: string | null; found?: string | null },
): Finding {
  const compared = expected === null && found === null ? "" : ` (expected ${expected ?? "nothing"}, found ${found ?? "nothing"})`;
  return { code, instance, key, expected, found, text: `${key} ${what}${compared}: ${MEANINGS[code]}`, unaccounted: null };
}

/** Adds the objects that a finding leaves unexplained. */
export function leavingOpen(cause: Finding, objects: readonly { key: string; isSigned: boolean }[]): Finding {
  if (objects.length === 0) return cause;
  const keysOf = (isSigned: boolean): string[] => objects.flatMap((one) => (one.isSigned === isSigned ? [one.key] : [])).sort();
  const unsigned = keysOf(false);
  const many = `${String(objects.length)} ${objects.length === 1 ? "object is" : "objects are"} unaccounted for as a result`;
  const text = `${cause.text}; ${many}${unsigned.length === 0 ? "" : `, ${String(unsigned.length)} of them without a signature of their own`}`;
  return { ...cause, text, unaccounted: { count: objects.length, unsigned: unsigned.length, keys: [...unsigned, ...keysOf(true)].slice(0, MOST_KEYS) } };
}

/** Sorts by gateway, key and code, so that the same archive gives the same report. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => ascending(a.instance ?? "", b.instance ?? "") || ascending(a.key, b.key) || ascending(a.code, b.code) || ascending(a.text, b.text));
}

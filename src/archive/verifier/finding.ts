import { ascending } from "../../ledger/orders.ts";
/** What each kind of finding may mean, said behind what was found. */
const MEANINGS = {
  altered: "its bytes were changed after it was archived",
  deleted: "it was removed and no tombstone says so",
  added: "somebody else than the ledger put it there, or hides what it replaced",
  replaced_by_older: "something that was valid once, or elsewhere, was put in its place",
  digest_missing: "it was removed; what it listed cannot be vouched for",
  digest_altered: "it was changed after it was sealed, or made anew by whoever has the signing key",
  digest_order: "digests were moved, renumbered or left out",
  digest_ahead: "it was made while a clock was ahead, or this one is behind: with the right clock, aperture-ledger archive seal --annul-after is the way back",
  digest_key: "somebody else signed it, or the public key given is not the archive's and no rotation leads to it",
  digest_signature: "it was changed after it was signed, or never signed",
  chain_ends_early: "sealing has not run since, or the newest digests were removed",
  chain_missing: "nothing was sealed yet, the whole chain was removed, or this is not where the archive is",
  unlistable: "whether something lies there that counts cannot be told",
  receipt_altered: "it was changed after a digest listed it",
  receipt_missing: "it was removed after a digest listed it",
  event_altered: "it was changed after a digest listed it: what it declared can no longer be told",
  event_missing: "it was removed after a digest listed it: what it declared can no longer be told",
  retention_shortened: "it may be removed sooner than was promised",
  legal_hold_missing: "it may be removed although a hold covers it",
  record_altered: "what decides who owes what was changed or removed after a digest noted it",
  record_added: "somebody else than the ledger put it there, or it came from elsewhere; it decides who owes what",
  closed_file_altered: "the figures of a closed month were changed or removed: restore it from a backup",
  close_altered: "the close record was changed, removed or made anew after a digest noted it",
  listed_wrongly: "no digest that the ledger made does that: whoever has the signing key made it",
  time_order: "a clock was wrong by more than a day, or whoever has the signing key made it later than it says",
  close_dropped: "a month that was closed was taken off, or closed anew",
  locked_overwritten: "somebody put another version over the locked one, which is still there",
  rows_differ: "the tables do not follow from the archive: run aperture-ledger run, and look again",
  head_missing: "the chain was cut off before that digest, or rewritten",
} as const;

export type FindingCode = keyof typeof MEANINGS;

/** What a finding about a digest or an event leaves open about others, which are therefore no findings of their own. */
interface Unaccounted {
  count: number;
  /** How many of them no trusted key signed: they may as well have been added. */
  unsigned: number;
  /** At most `MOST_KEYS`, unsigned ones first. */
  keys: readonly string[];
}

const MOST_KEYS = 20;

/** One thing that is not as the chain says. */
export interface Finding {
  code: FindingCode;
  /** Null where it is about the whole archive. */
  instance: string | null;
  /** Of the object that it is about, or would have. */
  key: string;
  expected: string | null;
  found: string | null;
  text: string;
  unaccounted: Unaccounted | null;
}

/** Neither wrong nor finished. */
export interface Note {
  key: string;
  text: string;
}

/** @param what about the object, as the first half of a sentence that its meaning ends. */
export function finding(
  code: FindingCode,
  { instance, key, what, expected = null, found = null }: { instance: string | null; key: string; what: string; expected?: string | null; found?: string | null },
): Finding {
  const compared = expected === null && found === null ? "" : ` (expected ${expected ?? "nothing"}, found ${found ?? "nothing"})`;
  return { code, instance, key, expected, found, text: `${key} ${what}${compared}: ${MEANINGS[code]}`, unaccounted: null };
}

/** The finding, with what it leaves open. */
export function leavingOpen(cause: Finding, objects: readonly { key: string; isSigned: boolean }[]): Finding {
  if (objects.length === 0) return cause;
  const keysOf = (isSigned: boolean): string[] => objects.flatMap((one) => (one.isSigned === isSigned ? [one.key] : [])).sort();
  const unsigned = keysOf(false);
  const many = `${String(objects.length)} ${objects.length === 1 ? "object is" : "objects are"} unaccounted for because of it`;
  const text = `${cause.text}; ${many}${unsigned.length === 0 ? "" : `, ${String(unsigned.length)} of them without a signature of their own`}`;
  return { ...cause, text, unaccounted: { count: objects.length, unsigned: unsigned.length, keys: [...unsigned, ...keysOf(true)].slice(0, MOST_KEYS) } };
}

/** By gateway, key and code: the same archive gives the same report. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => ascending(a.instance ?? "", b.instance ?? "") || ascending(a.key, b.key) || ascending(a.code, b.code) || ascending(a.text, b.text));
}

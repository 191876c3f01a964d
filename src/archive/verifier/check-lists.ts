import { acceptanceOf } from "../chain/acceptance.ts";
import type { ListedExport } from "../chain/digest.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { findBackwards, findDisorder, findDroppedCloses, findEventsOutOfTime, type ListFault, listedUntil } from "../chain/list-faults.ts";
import { type Finding, finding, type Note } from "./finding.ts";
import type { SoundDigest } from "./check-digest.ts";

/** Key of a close record in the lake. */
const closeRecord = (month: string): string => `_ledger/closes/${month}.json`;

/**
 * Finds what the ledger never writes into the digests of a gateway: unsorted lists, duplicates, times that run backwards, closed months
 * that are missing. What somebody accepted is a note.
 * @param digests in order of the chain. @param events verified events of the gateway, with their keys.
 */
export function checkLists(instance: string, digests: readonly SoundDigest[], events: readonly { key: string; event: ArchiveEvent }[]): { findings: Finding[]; notes: Note[] } {
  const times = new Map(events.map(({ key, event }) => [key, event.at]));
  const listed = new Map<string, { digest: string; sha256: string }>();
  const checked: { findings: Finding[]; notes: Note[] } = { findings: [], notes: [] };
  const verified = events.map(({ event }) => event);
  const tell = (fault: ListFault): void => {
    const { code, key, what, expected, found } = fault;
    const acceptance = acceptanceOf(verified, fault);
    if (acceptance === undefined) checked.findings.push(finding(code, { instance, key, what, expected, found }));
    else checked.notes.push({ key, text: `${what}; ${acceptance.by} accepted it at ${acceptance.at}: ${acceptance.reason}` });
  };
  for (const [index, digest] of digests.entries()) {
    const { header, exports, events: own } = digest.document;
    const before = digests[index - 1]?.document;
    const within = findDisorder(digest);
    within.forEach(tell);
    if (within.length === 0) findAgain(digest, listed).forEach(tell);
    for (const { key, sha256 } of [...exports, ...own]) if (!listed.has(key)) listed.set(key, { digest: digest.key, sha256 });
    findBackwards(before, { key: digest.key, sha256: digest.sha256, header }).forEach(tell);
    findDroppedCloses(before?.header.closes ?? [], header.closes, digest.key, closeRecord).forEach(tell);
    const from = listedUntil(digests.slice(0, index).map(({ document }) => document));
    const timed = own.flatMap(({ key, sha256 }) => {
      const at = times.get(key);
      return at === undefined ? [] : [{ key, sha256, at }];
    });
    findEventsOutOfTime(timed, { from, to: header.sealed_at }).forEach(tell);
  }
  return checked;
}

/** One finding per digest: further duplicates are found once the first is repaired. */
function findAgain({ key, sha256, document }: SoundDigest, listed: ReadonlyMap<string, { digest: string; sha256: string }>): ListFault[] {
  const lists: readonly Pick<ListedExport, "key" | "sha256">[] = [...document.exports, ...document.events];
  const again = lists.filter((one) => listed.has(one.key));
  const worst = again.find((one) => listed.get(one.key)?.sha256 !== one.sha256) ?? again[0];
  const first = worst && listed.get(worst.key);
  if (worst === undefined || first === undefined) return [];
  const bytes = first.sha256 === worst.sha256 ? "" : " with other bytes";
  return [{ code: "listed_wrongly", key, sha256, what: `lists ${worst.key}${bytes}, which ${first.digest} already lists`, expected: first.sha256, found: worst.sha256 }];
}

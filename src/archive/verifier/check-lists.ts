import { acceptanceOf } from "../chain/acceptance.ts";
import type { ListedExport } from "../chain/digest.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { findBackwards, findDisorder, findDroppedCloses, findEventsOutOfTime, type ListFault, listedUntil } from "../chain/list-faults.ts";
import { type Finding, finding, type Note } from "./finding.ts";
import type { SoundDigest } from "./judge-digest.ts";

/** As the lake keeps it. */
const closeRecord = (month: string): string => `_ledger/closes/${month}.json`;

/**
 * What the digests of a gateway say that no true ones would: lists out of order, something listed twice, times that run backwards,
 * closes that are gone. What somebody stood up for is a note.
 * @param digests in order of the chain. @param events of the gateway that are to be believed, with their keys.
 */
export function checkLists(instance: string, digests: readonly SoundDigest[], events: readonly { key: string; event: ArchiveEvent }[]): { findings: Finding[]; notes: Note[] } {
  const times = new Map(events.map(({ key, event }) => [key, event.at]));
  const listed = new Map<string, { digest: string; sha256: string }>();
  const checked: { findings: Finding[]; notes: Note[] } = { findings: [], notes: [] };
  const believed = events.map(({ event }) => event);
  const tell = (fault: ListFault): void => {
    const { code, key, what, expected, found } = fault;
    const acceptance = acceptanceOf(believed, fault);
    if (acceptance === undefined) checked.findings.push(finding(code, { instance, key, what, expected, found }));
    else checked.notes.push({ key, text: `${what}; ${acceptance.by} stood up for it at ${acceptance.at}: ${acceptance.reason}` });
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

/** One finding a digest: what else it lists twice is found when the first is mended. */
function findAgain({ key, sha256, document }: SoundDigest, listed: ReadonlyMap<string, { digest: string; sha256: string }>): ListFault[] {
  const lists: readonly Pick<ListedExport, "key" | "sha256">[] = [...document.exports, ...document.events];
  const again = lists.filter((one) => listed.has(one.key));
  const worst = again.find((one) => listed.get(one.key)?.sha256 !== one.sha256) ?? again[0];
  const first = worst && listed.get(worst.key);
  if (worst === undefined || first === undefined) return [];
  const bytes = first.sha256 === worst.sha256 ? "" : " with other bytes";
  return [{ code: "listed_wrongly", key, sha256, what: `lists ${worst.key}${bytes}, which ${first.digest} lists already`, expected: first.sha256, found: worst.sha256 }];
}

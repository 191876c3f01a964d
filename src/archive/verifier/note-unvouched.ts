import { archiveLayout } from "../../lake/layout.ts";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { UNVOUCHED, type UnvouchedReason } from "../copies/unvouched.ts";
import type { Note } from "./finding.ts";

/** Keys that are named one by one; the rest are counted. */
const MOST_NAMED = 20;

/** That no trusted key vouches for what arrived as these exports: said for ever, also where somebody stood up for them. */
export function noteUnvouched(instance: string, unvouched: ReadonlyMap<string, UnvouchedReason>, expected: ReadonlyMap<string, ExpectedExport>, events: readonly ArchiveEvent[]): Note[] {
  const keys = [...unvouched.keys()].sort();
  const notes = keys.slice(0, MOST_NAMED).flatMap((key): Note[] => {
    const reason = unvouched.get(key);
    if (reason === undefined) return [];
    const sha256 = expected.get(key)?.listed.sha256 ?? null;
    const acceptance = acceptanceOf(events, { key, sha256 });
    const word = acceptance === undefined ? "" : `; ${acceptance.by} stood up for it at ${acceptance.at}: ${acceptance.reason}`;
    return [{ key, text: `no trusted key vouches for what arrived: ${UNVOUCHED[reason]}${word}` }];
  });
  const rest = keys.length - notes.length;
  if (rest <= 0) return notes;
  return [...notes, { key: archiveLayout.instance(instance), text: `no trusted key vouches for ${String(rest)} more exports, from ${keys[notes.length] ?? ""} on: digests mark them` }];
}

import { type Hit, searchArchive, type Searched } from "../../archive/search-archive.ts";
import { parseCriteria, type WrittenCriteria } from "../../archive/searching/search-criteria.ts";
import type { Clock } from "../../ledger/clock.ts";
import { visibleJson, visibleText } from "../../ledger/text/visible-text.ts";
import { actor } from "../actor.ts";
import { label } from "../first-lines.ts";
import { openStdout, writeOutFile } from "../out-file.ts";
import { openLog, openProgress } from "../terminal.ts";
import { announceLooking, hintAtCallers, selectCopies, type SelectionFlags, warnOfCopies } from "./archive-selection.ts";

export interface ArchiveSearchFlags extends SelectionFlags, WrittenCriteria {
  reason: string;
  by?: string;
  repeats?: boolean;
  /** Path. */
  proofs?: string;
  json?: boolean;
}

/** Searches the conversations in the archive, with how to prove each match. Resolves to the exit code. */
export async function archiveSearch(flags: ArchiveSearchFlags, clock: Clock): Promise<number> {
  const criteria = parseCriteria(flags);
  const selected = await selectCopies(flags);
  const by = actor(flags.by);
  const trusted = await announceLooking(selected, { what: { kind: "search" }, wanted: criteria.written, by, reason: flags.reason }, clock);
  const out = openStdout();
  const progress = await openProgress();
  try {
    const search = { selection: selected.selection, exports: selected.exports, criteria, by, repeats: flags.repeats ?? false };
    const format = (hit: Hit): string => `${flags.json ? visibleJson(JSON.stringify(hit)) : describeHit(hit).map(visibleText).join("\n")}\n`;
    const searched = await searchArchive({ ...trusted, log: openLog(), progress }, { ...search, format, append: (file) => out.append(file) });
    progress.end();
    if (flags.proofs !== undefined) await writeOutFile(flags.proofs, `${JSON.stringify(searched.proofs, null, 1)}\n`);
    const hints = searched.hits === 0 ? await hintAtCallers(selected, flags) : [];
    process.stderr.write(`${[...summarise(searched, flags.proofs), ...hints].map(visibleText).join("\n")}\n`);
    return 0;
  } finally {
    progress.end();
  }
}

function describeHit({ time, instance, caller, session, capture, model, status, place, snippet, object, position, sha256, digest }: Hit): string[] {
  const of = [session === null ? [] : [`session ${session}`], capture === null ? [] : [`capture ${capture}`]].flat();
  const tool = place?.tool === null || place === null ? "" : ` ${place.tool}`;
  return [
    `${label("hit")}${[time, instance, caller, ...of, model, String(status)].join("  ")}`,
    ...(place === null ? [] : [`${label("")}${place.side}, message ${String(place.message)} (${place.role}), ${place.kind}${tool}${snippet === null ? "" : `: ${snippet}`}`]),
    `${label("")}${object}, record ${String(position)}, SHA-256 ${sha256}, ${digest === null ? "in no digest yet" : `in the digest of ${digest}`}`,
  ];
}

function summarise(searched: Searched, proofs: string | undefined): string[] {
  const { hits, repeated, records, opened, withoutBodies, unread } = searched;
  return [
    `search       matches: ${String(hits)}, exports opened: ${String(opened)}${records === 0 ? "" : `, records searched: ${String(records)}`}`,
    ...(repeated === 0 ? [] : [`repeated     ${String(repeated)} matches are repetitions in later requests of the same sessions`]),
    ...(withoutBodies === 0 ? [] : [`no bodies    ${String(withoutBodies)} of the exports have no conversation in the selected records: never captured, dropped, or erased`]),
    ...(unread === 0 ? [] : [`unread       ${String(unread)} bodies are damaged, or too large to be decompressed in memory`]),
    ...(proofs === undefined ? [] : [`proofs       ${proofs}`]),
    ...warnOfCopies(searched),
  ];
}

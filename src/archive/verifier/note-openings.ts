import type { ArchiveEvent, EventOf } from "../chain/event.ts";
import type { Note } from "./finding.ts";

/** Searches and extractions can be many; the newest ones are noted one by one. */
const MOST_NAMED = 20;

type Looking = EventOf<"search"> | EventOf<"extraction">;

/** Notes for the auditor who looked at what, and why: each opening of a pseudonym, and searches and extractions. */
export function noteOpenings(events: readonly { key: string; event: ArchiveEvent }[]): Note[] {
  const openings = events.flatMap(({ key, event }) => (event.kind === "opening" ? [{ key, text: `${event.by} opened the report pseudonym ${event.pseudonym} at ${event.at}: ${event.reason}` }] : []));
  const lookings = events.flatMap(({ key, event }) => (event.kind === "search" || event.kind === "extraction" ? [{ key, event }] : []));
  const shown = lookings.slice(-MOST_NAMED);
  const [last] = lookings.slice(0, lookings.length - shown.length).slice(-1);
  const rest = last === undefined ? [] : [{ key: last.key, text: `${String(lookings.length - shown.length)} earlier searches and extractions, up to ${last.event.at}` }];
  return [...openings, ...rest, ...shown.map(({ key, event }) => ({ key, text: describe(event) }))];
}

function describe(event: Looking): string {
  const { by, at, criteria, from, to, reason } = event;
  const what = event.kind === "search" ? "searched the copies" : `extracted records as ${event.form}`;
  const span = from === null && to === null ? "of all times" : `from ${from ?? "the beginning"} to ${to ?? "the end"}`;
  return `${by} ${what} ${span}, by ${criteria.length === 0 ? "nothing else" : criteria.join(", ")}, at ${at}: ${reason ?? "no reason was given"}`;
}

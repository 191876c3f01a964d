import type { ArchiveEvent } from "../chain/event.ts";
import type { Note } from "./finding.ts";

/** Notes each opening of a pseudonym for the auditor: who opened it, and why. */
export function noteOpenings(events: readonly { key: string; event: ArchiveEvent }[]): Note[] {
  return events.flatMap(({ key, event }) => (event.kind === "opening" ? [{ key, text: `${event.by} opened the report pseudonym ${event.pseudonym} at ${event.at}: ${event.reason}` }] : []));
}

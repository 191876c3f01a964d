import { DAY_MICROS } from "../../ledger/durations.ts";
import type { Selection } from "../chain/event.ts";

/** The members of a record that a selection can test. */
export interface SelectableRecord {
  instance: string;
  /** As in usage records: in lower case, tags sorted and joined by commas. */
  caller: string;
  session: string | null;
  /** Microseconds since 1970 UTC. */
  ts: number;
}

/** Whether a selection covers a record. */
export function selectionCovers({ instance, caller, session, from, to }: Selection, record: SelectableRecord): boolean {
  return (
    matches(instance, record.instance) &&
    matches(caller, record.caller) &&
    matches(session, record.session) &&
    (from === null || record.ts >= micros(from)) &&
    (to === null || record.ts < micros(to))
  );
}

/**
 * Whether a selection may cover unreadable records of an export: they may be any caller's and of any time up to a day after
 * the export was made.
 */
export function mayCoverUnread({ instance, from }: Selection, of: { instance: string; made: Date }): boolean {
  return matches(instance, of.instance) && (from === null || of.made.getTime() * 1000 + DAY_MICROS >= micros(from));
}

/** Whether a selection covers everything of a gateway. */
export function coversWholeGateway({ caller, session, from, to }: Selection): boolean {
  return caller === null && session === null && from === null && to === null;
}

function micros(instant: string): number {
  return Date.parse(instant) * 1000;
}

function matches(wanted: string | null, value: string | null): boolean {
  return wanted === null || wanted === value;
}

import { DAY_MICROS } from "../../ledger/durations.ts";
import type { Selection } from "../chain/event.ts";

/** What of a record says whether it is meant. */
export interface SelectableRecord {
  instance: string;
  /** As usage records have it: in lower case, tags sorted and joined by commas. */
  caller: string;
  session: string | null;
  /** Microseconds since 1970 UTC. */
  ts: number;
}

/** Whether a record is among those that are meant. */
export function selectionFits({ instance, caller, session, from, to }: Selection, record: SelectableRecord): boolean {
  return (
    isMeant(instance, record.instance) &&
    isMeant(caller, record.caller) &&
    isMeant(session, record.session) &&
    (from === null || record.ts >= micros(from)) &&
    (to === null || record.ts < micros(to))
  );
}

/**
 * Whether something of an export that nobody could read may be meant: it may be anybody's and of any time,
 * up to a day past when the export was made.
 */
export function mayFitUnread({ instance, from }: Selection, of: { instance: string; made: Date }): boolean {
  return isMeant(instance, of.instance) && (from === null || of.made.getTime() * 1000 + DAY_MICROS >= micros(from));
}

/** Whether all of a gateway is meant, whatever and whenever it is. */
export function isWhole({ caller, session, from, to }: Selection): boolean {
  return caller === null && session === null && from === null && to === null;
}

function micros(instant: string): number {
  return Date.parse(instant) * 1000;
}

function isMeant(wanted: string | null, value: string | null): boolean {
  return wanted === null || wanted === value;
}

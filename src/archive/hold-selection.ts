import { z } from "zod";
import type { Selection } from "./chain/event.ts";
import { requireNonEmpty } from "./require-non-empty.ts";
import { addDays } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { normaliseCaller } from "./legal-holds.ts";

/** A selection as written by a user. */
export interface WrittenSelection {
  caller?: string;
  session?: string;
  /** Name of the gateway. */
  gateway?: string;
  /** `YYYY-MM-DD`, a whole day in UTC, or a time in RFC 3339. */
  from?: string;
  to?: string;
}

/** Parses a selection. Throws `usage` if it selects everything, has an empty part, or an empty time range. */
export function parseSelection({ gateway, from, to, ...written }: WrittenSelection): Selection {
  const caller = requireNonEmpty("caller", written.caller);
  const session = requireNonEmpty("session", written.session);
  const selection: Selection = {
    instance: gateway ?? null,
    caller: caller === undefined ? null : normaliseCaller(caller),
    session: session ?? null,
    from: from === undefined ? null : parseMoment("from", from, 0),
    to: to === undefined ? null : parseMoment("to", to, 1),
  };
  if (Object.values(selection).every((part) => part === null)) {
    throw new LedgerError("usage", "the selection is empty", { remedy: "give at least one of caller, session, instance, from, to" });
  }
  if (selection.from !== null && selection.to !== null && selection.from >= selection.to) {
    throw new LedgerError("usage", `the time range from ${String(from)} to ${String(to)} is empty`, { remedy: "give an end after the beginning" });
  }
  return selection;
}

/** @param days added to a date: 1 gives the end of the day. */
function parseMoment(name: string, text: string, days: number): string {
  if (z.iso.date().safeParse(text).success) return new Date(addDays(text, days)).toISOString();
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text).toISOString();
  throw new LedgerError("usage", `${name} ${JSON.stringify(text)} is not a date or time`, { remedy: "write 2026-10-05, a day in UTC, or 2026-10-05T12:00:00Z" });
}

import { z } from "zod";
import type { Selection } from "./chain/event.ts";
import { said } from "./said.ts";
import { addDays } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { callerMeant } from "./legal-holds.ts";

/** A selection as people write it. */
export interface WrittenSelection {
  caller?: string;
  session?: string;
  /** Name of the gateway. */
  gateway?: string;
  /** `YYYY-MM-DD`, the day in UTC, all of it; or a moment as RFC 3339 writes it. */
  from?: string;
  to?: string;
}

/** Whose records are meant. Throws `usage` where they mean all there is, nothing, or no time at all. */
export function selectionOf({ gateway, from, to, ...written }: WrittenSelection): Selection {
  const caller = said("caller", written.caller);
  const session = said("session", written.session);
  const selection: Selection = {
    instance: gateway ?? null,
    caller: caller === undefined ? null : callerMeant(caller),
    session: session ?? null,
    from: from === undefined ? null : momentOf("from", from, 0),
    to: to === undefined ? null : momentOf("to", to, 1),
  };
  if (Object.values(selection).every((part) => part === null)) {
    throw new LedgerError("usage", "nothing says whose records are meant", { remedy: "give at least one of caller, session, instance, from, to" });
  }
  if (selection.from !== null && selection.to !== null && selection.from >= selection.to) {
    throw new LedgerError("usage", `there is no time from ${String(from)} to ${String(to)}`, { remedy: "the end is not before the beginning" });
  }
  return selection;
}

/** @param days that are added to a date: the end of a day is the beginning of the next. */
function momentOf(name: string, text: string, days: number): string {
  if (z.iso.date().safeParse(text).success) return new Date(addDays(text, days)).toISOString();
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text).toISOString();
  throw new LedgerError("usage", `${name} ${JSON.stringify(text)} is no time`, { remedy: "write 2026-10-05, which is that day in UTC, or 2026-10-05T12:00:00Z" });
}

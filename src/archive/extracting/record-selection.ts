import { identifyCaller } from "../../ledger/names/caller.ts";
import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";

/** Which records to extract; an absent member selects all. */
export interface RecordSelection {
  instance?: string | undefined;
  /** Login in any case, or tags joined by commas in any order. */
  caller?: string | undefined;
  session?: string | undefined;
  capture?: string | undefined;
  /** Time range of the requests: `from` is included, `to` is not. */
  from?: Date | undefined;
  to?: Date | undefined;
}

/** The caller as written in the tables. */
export function callerOf({ caller }: RecordSelection): string | undefined {
  return caller === undefined ? undefined : identifyCaller(caller, []).caller;
}

/** A predicate for the records of the selection; it does not check the gateway. */
export function selector(selection: RecordSelection): (request: RecordedRequest) => boolean {
  const { session, capture } = selection;
  const caller = callerOf(selection);
  const from = selection.from === undefined ? -Infinity : selection.from.getTime() * 1000;
  const to = selection.to === undefined ? Infinity : selection.to.getTime() * 1000;
  return ({ ts, login, tags, sessionId, captureId }) =>
    ts >= from &&
    ts < to &&
    (session === undefined || sessionId === session) &&
    (capture === undefined || captureId === capture) &&
    (caller === undefined || identifyCaller(login, tags).caller === caller);
}

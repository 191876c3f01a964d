import type { ChainHead } from "../../lake/records/close-record.ts";
import type { Month } from "../../ledger/months.ts";
import { type KnownDays, knownDays, type KnownTime } from "./compared-days.ts";

/**
 * How final a report is. `preliminary`: the ledger does not know the month to its end. `complete`: it does, and the month is open, so late exports and changed rules still count.
 * `closed`: as it was closed.
 */
export interface ReportStatus {
  kind: "preliminary" | "complete" | "closed";
  /** Until when usage of the month is known. */
  dataUntil: Date;
  /** Null where not one day is known whole. */
  known: KnownDays | null;
  /** Undefined while the month is open, and in the figures that the id of a close is calculated from. */
  close?: CloseStatement;
}

/** What a report says about its close. */
export interface CloseStatement {
  id: string;
  at: Date;
  by: string;
  /** The newest digest of each gateway when the month was closed, ordered by gateway. */
  chain: readonly ChainHead[];
}

export function reportStatus(month: Month, time: KnownTime, isClosed: boolean): ReportStatus {
  const dataUntil = time.to < month.to ? time.to : month.to;
  const isOver = time.to >= month.to;
  return { kind: isClosed ? "closed" : isOver ? "complete" : "preliminary", dataUntil, known: knownDays(month, time) };
}

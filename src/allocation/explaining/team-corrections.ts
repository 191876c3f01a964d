import { listBookings } from "../../chargeback/closing/booked-corrections.ts";
import { type CorrectionCause, sumOwedCorrections } from "../../chargeback/corrections/correction.ts";
import { bringCorrections } from "../../chargeback/report-month.ts";
import { loadCloses } from "../../lake/records/close-record.ts";
import type { Ledger } from "../../open/ledger.ts";

/** A correction that a month books for a team in a closed month, for one reason. */
export interface TeamCorrection {
  booking: string;
  /** Id of the close of the booking month; null while that month is open and the correction may change. */
  bookedBy: string | null;
  cause: CorrectionCause;
  reason: string;
  /** Added to the amount owed. */
  owed: bigint;
  listValue: bigint;
  rows: number;
}

/** The corrections of a team in a closed month, ordered by the month that books them. Brings corrections up to date first. */
export async function listTeamCorrections(ledger: Ledger, month: string, team: string): Promise<TeamCorrection[]> {
  await bringCorrections(ledger);
  const { stores: { lake } } = ledger;
  const bookings = await listBookings(lake, await loadCloses(lake), month);
  return bookings.flatMap(({ month: booking, close, corrections }) => {
    const own = Map.groupBy(corrections.filter((one) => one.team === team), ({ cause, reason }) => JSON.stringify([cause, reason]));
    return [...own.values()].flatMap((ofReason) => {
      const [first] = ofReason;
      if (first === undefined) return [];
      const owed = sumOwedCorrections(ofReason);
      const all = ofReason.reduce((sum, { difference }) => sum + difference, 0n);
      return [{ booking, bookedBy: close?.id ?? null, cause: first.cause, reason: first.reason, owed, listValue: all - owed, rows: ofReason.length }];
    });
  });
}

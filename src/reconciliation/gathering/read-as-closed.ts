import { listBookings } from "../../chargeback/closing/booked-corrections.ts";
import { pricesOfClose, readClosedPrices } from "../../chargeback/closing/known-states.ts";
import { type DoubtfulDays, usageAsClosed, type UsageSource } from "../../chargeback/closing/usage-as-closed.ts";
import { sumOwedCorrections } from "../../chargeback/corrections/correction.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { type CloseRecord, loadCloses } from "../../lake/records/close-record.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { PriceSources } from "../../prices/list/price-days.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** A closed month that is compared as it was closed. */
export interface ReconciledClose {
  record: CloseRecord;
  doubtful: DoubtfulDays;
  /** Corrections booked after the close, by the month that books them. They are not in the ledger's side of the comparison. */
  corrections: { booking: string; owed: Nanodollars; rows: number }[];
}

/** The requests and prices of a closed month. @param days as they are now, of the month and around it @param prices as they are now */
export async function readAsClosed(lake: ObjectStore, record: CloseRecord, days: readonly DayManifest[], prices: PriceSources): Promise<{ sources: UsageSource[]; prices: PriceSources; closed: ReconciledClose }> {
  const { sources, doubtful } = await usageAsClosed(lake, record, days, prices);
  const bookings = await listBookings(lake, await loadCloses(lake), record.month);
  const corrections = bookings.map(({ month, corrections: rows }) => ({ booking: month, owed: sumOwedCorrections(rows), rows: rows.length }));
  return { sources, prices: pricesOfClose(await readClosedPrices(lake, record), record.timezone, prices), closed: { record, doubtful, corrections } };
}

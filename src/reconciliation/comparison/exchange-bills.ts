import { exchangeBack, type ExchangeRate, rateOn } from "../../ledger/exchange-rate.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { BillLine } from "./bill.ts";
import type { BillFile } from "./combine-bills.ts";

/** A provider's billed amount in another currency, converted to dollars. */
export interface ExchangedTotal {
  provider: string;
  currency: string;
  /** In billionths of the currency. */
  amount: bigint;
  /** Each line at the rate of its day. */
  cost: Nanodollars;
  /** All lines at the rate of the month's last day. */
  costAtEnd: Nanodollars;
}

interface ExchangedBills {
  files: BillFile[];
  /** Ordered by provider and currency. */
  totals: ExchangedTotal[];
}

/**
 * Converts amounts in other currencies to dollars, each at the rate of its day. Amounts without a rate stay unchanged and are not compared. @param
 * isOfMonth whether a day belongs to the month of the totals @param lastDay last day of the month, `YYYY-MM-DD`
 */
export function exchangeBills(files: readonly BillFile[], rates: readonly ExchangeRate[], { isOfMonth, lastDay }: { isOfMonth: (day: string) => boolean; lastDay: string }): ExchangedBills {
  const totals = new Map<string, Omit<ExchangedTotal, "costAtEnd">>();
  const exchangeLine = (line: BillLine): BillLine => {
    if (line.foreign === undefined) return line;
    const { currency, amount } = line.foreign;
    const rate = rateOn(rates, currency, line.date);
    if (rate === undefined) return line;
    const cost = exchangeBack(amount, rate);
    if (isOfMonth(line.date)) {
      const key = JSON.stringify([line.provider, currency]);
      const known = totals.get(key) ?? { provider: line.provider, currency, amount: 0n, cost: 0n };
      totals.set(key, { ...known, amount: known.amount + amount, cost: known.cost + cost });
    }
    const { foreign: _foreign, ...rest } = line;
    return { ...rest, cost, rounding: exchangeBack(line.rounding, rate) + 1n };
  };
  const exchanged = files.map((file) => ({
    ...file,
    parts: file.parts.map((part) => ({ ...part, entries: part.entries.map((entry) => ({ ...entry, lines: entry.lines.map(exchangeLine) })) })),
  }));
  return {
    files: exchanged,
    totals: [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]): ExchangedTotal => {
      const atEnd = rateOn(rates, total.currency, lastDay);
      return { ...total, costAtEnd: atEnd === undefined ? total.cost : exchangeBack(total.amount, atEnd) };
    }),
  };
}

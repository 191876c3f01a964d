import { format } from "date-fns/format";
import { TZDate } from "@date-fns/tz";
import { exchange, type ExchangeRate, formatRate } from "../../ledger/exchange-rate.ts";
import { formatBookedCents, shareCents } from "../../ledger/money.ts";
import { type Month, monthTitle } from "../../ledger/months.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { sumOwedCorrections } from "../corrections/correction.ts";
import type { ChargebackReport } from "../report/report.ts";
import { isCorrectionOf, type MonthBooking, type TeamBooking } from "../report/bookings.ts";

/** Name of the journal in the folder of a closed month. */
export const JOURNAL_FILE = "journal.csv";

/** Names of the accounts in a journal. */
export interface JournalAccounts {
  /** The account for what teams owe. */
  account: string;
  /** Other accounts, by cost centre. */
  accounts: ReadonlyMap<string, string>;
  clearing: string;
}

/** A line of a document; the lines of each document add up to zero. */
interface JournalLine {
  document: string;
  account: string;
  costCenter: string | null;
  /** Empty in the line of the clearing account. */
  team: string;
  text: string;
  /** In cents; positive: a debit. */
  cents: bigint;
  /** In hundredths of the second currency; zero without one. */
  second: bigint;
}

/** The amount of a line, in cents and in hundredths of the second currency. */
type Booked = Pick<JournalLine, "cents" | "second">;

/**
 * The journal of a closed month: one document for the month, and one for each closed month that is corrected in it. Amounts are the cents that the
 * report books. @param id id of the close, which is the document number
 */
export function renderJournal(report: ChargebackReport, booking: MonthBooking, id: string, accounts: JournalAccounts): string {
  const { month, corrections } = report;
  const corrected = [...new Set(corrections.map(({ corrects }) => corrects))].toSorted();
  const late = booking.rows.map((row) => shareCorrections(report, row, corrected, booking.rate));
  const lines = [
    ...makeDocument(booking.rows, { document: id, text: `AI usage ${monthTitle(month)}` }, (row) => ({ cents: row.owed.cents, second: row.second?.owed ?? 0n }), accounts),
    ...corrected.flatMap((name, nth) => makeDocument(booking.rows, { document: `${id}-${name}`, text: `Corrections of AI usage ${name}` }, (_, index) => late[index]?.[nth] ?? { cents: 0n, second: 0n }, accounts)),
  ];
  return writeCsv([...columnsOf(month), ...secondColumns(booking.rate)], lines);
}

/** Cents of a team's corrections by corrected month. They add up to the cents that the report books for its corrections. */
function shareCorrections({ corrections }: ChargebackReport, { key, corrections: booked, second }: TeamBooking, months: readonly string[], rate: ExchangeRate | null): Booked[] {
  const own = corrections.filter((one) => isCorrectionOf(one, key));
  const amounts = months.map((name) => sumOwedCorrections(own.filter(({ corrects }) => corrects === name)));
  const cents = shareCents(booked.cents, amounts);
  const seconds = rate === null || second === null ? [] : shareCents(second.corrections, amounts.map((amount) => exchange(amount, rate)));
  return cents.map((one, index) => ({ cents: one, second: seconds[index] ?? 0n }));
}

/** The lines of one document without zero amounts, and the balancing line on the clearing account. Empty where there is nothing to book. */
function makeDocument(rows: readonly TeamBooking[], head: Pick<JournalLine, "document" | "text">, bookedOf: (row: TeamBooking, index: number) => Booked, { account, accounts, clearing }: JournalAccounts): JournalLine[] {
  const lines = rows.map((row, index): JournalLine => {
    const { team, costCenter } = row.key;
    return { ...head, account: accounts.get(costCenter ?? "") ?? account, costCenter, team, ...bookedOf(row, index) };
  });
  const booked = lines.filter(({ cents, second }) => cents !== 0n || second !== 0n);
  if (booked.length === 0) return [];
  return [...booked, { ...head, account: clearing, costCenter: null, team: "", cents: -booked.reduce((sum, { cents }) => sum + cents, 0n), second: -booked.reduce((sum, { second }) => sum + second, 0n) }];
}

function columnsOf(month: Month): CsvColumn<JournalLine>[] {
  const lastDay = format(new TZDate(month.to.getTime() - 1, month.timezone), "yyyy-MM-dd");
  return [
    { name: "document", read: ({ document }) => document },
    { name: "date", read: () => lastDay },
    { name: "month", read: () => month.name },
    { name: "account", read: ({ account }) => neutralise(account) },
    { name: "cost_center", read: ({ costCenter }) => neutralise(costCenter ?? "") },
    { name: "team", read: ({ team }) => neutralise(team) },
    { name: "debit_usd", read: ({ cents }) => (cents > 0n ? formatBookedCents(cents) : "") },
    { name: "credit_usd", read: ({ cents }) => (cents < 0n ? formatBookedCents(-cents) : "") },
    { name: "amount_usd", read: ({ cents }) => formatBookedCents(cents) },
    { name: "currency", read: () => "USD" },
    { name: "text", read: ({ text }) => text },
  ];
}

/** Columns that a journal in dollars alone does not have. */
function secondColumns(rate: ExchangeRate | null): CsvColumn<JournalLine>[] {
  if (rate === null) return [];
  return [
    { name: "second_currency", read: () => rate.currency },
    { name: "second_amount", read: ({ second }) => formatBookedCents(second) },
    { name: "rate", read: () => formatRate(rate) },
  ];
}

import type { KindOfCharge } from "../../ledger/charge-kinds.ts";
import { addDays, daysBetween, startOfDay } from "../../ledger/days.ts";
import { divideRounding, formatDollars, type Nanodollars, NANODOLLARS_PER_CENT } from "../../ledger/money.ts";
import type { Span } from "../settings/periods.ts";
import type { AllocationSettings, ChargeSettings, Condition, InvoicedCharge } from "../settings/settings.ts";
import { listSeats, type SeatDays } from "./list-seats.ts";

/** What a provider charges for besides requests in a month, and the usage that it is for. */
export interface ChargeOfMonth extends Pick<ChargeSettings, "name" | "provider" | "spread"> {
  kind: KindOfCharge;
  amount: Nanodollars;
  when: Condition;
  /** The largest amount of usage that it pays for; `all`: no limit. */
  covers: "all" | Nanodollars;
  /** Milliseconds since 1970: only usage from `from` on and before `to` counts. */
  from: number;
  to: number;
  isOnce: boolean;
  /** Null where usage decides who pays. */
  seats: Seats | null;
}

export interface Seats {
  /** The price of one seat for a whole month. */
  price: Nanodollars;
  /** Number of days in the month. */
  daysOfMonth: bigint;
  /** Ordered by login. */
  held: readonly SeatDays[];
  /** Seat days that are paid for but assigned to nobody. */
  spare: bigint;
}

/** A quantity of 1. */
const UNIT = 1000n;

/**
 * The charges of a span that is exactly one month, in order: first the configured ones, then the other lines of invoices. A part of a month has no
 * charges.
 *
 * A charge in force on some days of the month costs that part of its amount, rounded to the cent as on an invoice. The same applies to seats that a
 * person has for some days. A one-time charge costs its full amount in the month of its day.
 */
export function chargesOfMonth(settings: AllocationSettings, span: Span): ChargeOfMonth[] {
  const { charges = [], trueUps = [] } = settings;
  if (charges.length === 0 && trueUps.every((trueUp) => trueUp.charges === undefined)) return [];
  const month = nameMonth(span, settings.timezone);
  if (month === undefined) return [];
  const days = daysBetween(`${month}-01`, nextMonth(month));
  const invoiced = trueUps.filter((trueUp) => trueUp.month === month).flatMap((trueUp) => trueUp.charges ?? []);
  const configured = charges.flatMap((charge) => chargeOfDays(charge, days, { settings, asked: invoiced.find((one) => isOf(one, charge))?.invoice }) ?? []);
  const others = invoiced.filter((one) => !configured.some((charge) => isOf(one, charge)));
  return [...configured, ...others.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)).map((one) => otherCharge(one, span))];
}

/** The charges as JSON, for digests: amounts are dollars as text, and maps keep their order. */
export function writeChargeOfMonth({ amount, covers, seats, ...charge }: ChargeOfMonth): object {
  const written = seats && { price: formatDollars(seats.price), spare: String(seats.spare), held: seats.held.map(({ login, days }) => [login, String(days)]) };
  return { ...charge, amount: formatDollars(amount), covers: typeof covers === "bigint" ? formatDollars(covers) : covers, seats: written };
}

function isOf({ provider, name }: InvoicedCharge, charge: Pick<ChargeOfMonth, "provider" | "name">): boolean {
  return charge.provider === provider && charge.name === name;
}

function orderOf({ provider, name }: InvoicedCharge): string {
  return JSON.stringify([provider, name]);
}

function otherCharge({ provider, name, invoice, when }: InvoicedCharge, { from, to }: Span): ChargeOfMonth {
  return { name, provider, kind: "invoice", amount: invoice, when, covers: 0n, spread: "proportional", from: from.getTime(), to: to.getTime(), isOnce: true, seats: null };
}

/** Undefined where the charge is not in force on any of the days. @param asked the amount on an invoice, which overrides the configured amount */
function chargeOfDays(charge: ChargeSettings, days: readonly string[], { settings, asked }: { settings: AllocationSettings; asked: Nanodollars | undefined }): ChargeOfMonth | undefined {
  const { name, kind, provider, price, quantity, people, on, when, covers, spread } = charge;
  const held = on === null ? days.filter((day) => (charge.from === undefined || charge.from <= day) && (charge.until === undefined || day < charge.until)) : days.filter((day) => day >= on);
  const [first, last] = [held[0], held.at(-1)];
  if (first === undefined || last === undefined || (on !== null && first !== on)) return undefined;
  const startOf = (day: string): number => startOfDay(day, settings.timezone).getTime();
  const daysOfMonth = BigInt(on === null ? days.length : 1);
  const paid = BigInt(on === null ? held.length : 1);
  const seatDays = people === null ? [] : listSeats(people, on === null ? held : [on], settings);
  const taken = seatDays.reduce((sum, one) => sum + one.days, 0n);
  const units = quantity === null ? (people === null ? paid * UNIT : taken * UNIT) : paid * quantity;
  const amount = asked ?? partOf(price, units, daysOfMonth);
  const seats = people === null ? null : { price, daysOfMonth, held: seatDays, spare: units / UNIT > taken ? units / UNIT - taken : 0n };
  const cap = covers === "amount" ? amount : covers === "none" ? 0n : covers === "all" ? covers : partOf(covers, paid * UNIT, daysOfMonth);
  return { name, kind, provider, amount, when, covers: cap === "all" || cap > 0n ? cap : 0n, spread, from: startOf(first), to: startOf(addDays(last, 1)), isOnce: on !== null, seats };
}

/** The price of a number of unit days, in thousandths. Anything but a whole number of months is rounded to the cent. */
function partOf(price: Nanodollars, unitDays: bigint, daysOfMonth: bigint): Nanodollars {
  const isWhole = unitDays % daysOfMonth === 0n;
  const unit = isWhole ? 1n : NANODOLLARS_PER_CENT;
  return divideRounding(price * unitDays, UNIT * daysOfMonth * unit) * unit;
}

function nameMonth({ from, to }: Span, timezone: string): string | undefined {
  const middle = new Date((from.getTime() + to.getTime()) / 2).toISOString().slice(0, 7);
  const starts = [`${middle}-01`, nextMonth(middle)].map((day) => startOfDay(day, timezone).getTime());
  return starts[0] === from.getTime() && starts[1] === to.getTime() ? middle : undefined;
}

/** The first day of the following month. */
function nextMonth(month: string): string {
  return `${addDays(`${month}-28`, 4).slice(0, 7)}-01`;
}

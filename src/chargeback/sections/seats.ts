import { html } from "hono/html";
import type { KindOfCharge } from "../../ledger/charge-kinds.ts";
import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import { formatHundredths, type Html, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";

import { amountCell, countOf, GAP_CELL, scrollingTable, showAmount, textCell } from "../page/tables.ts";
import { printRequests } from "../report/printed-allocations.ts";
import { amountToJson, countToJson } from "../report/figures-json.ts";
import type { SummaryRow } from "../report/summary-row.ts";

/** What a person used: the list cost, the amount owed, and requests in billionths. */
interface CallerUse {
  caller: string;
  listed: Nanodollars;
  owed: Nanodollars;
  requests: bigint;
}

/** A charge of the month and the usage that it is for. */
export interface ChargeUse {
  charge: {
    name: string;
    provider: string;
    kind: KindOfCharge;
    amount: Nanodollars;
    /** Null where no people are named: everybody who uses a seat then has an equal part. */
    seats: { price: Nanodollars; daysOfMonth: bigint; held: readonly { login: string; days: bigint }[] } | null;
  };
  listed: Nanodollars;
  covered: Nanodollars;
  /** Most expensive first. */
  callers: readonly CallerUse[];
  /** People without a seat whose use of the provider the company owes, most expensive first. */
  withoutSeat: readonly CallerUse[];
}

/**
 * Whether a seat is worth its cost for a person. `not used`: has a seat but made no request with it. `costs more`: used less than the seat costs, at
 * list price. `pays`: used at least as much. `should have one`: has no seat, and the company owes more than a seat costs for the person's usage.
 * `without`: has no seat, and the company owes less.
 */
type Verdict = "not used" | "costs more" | "pays" | "should have one" | "without";

const VERDICTS: Readonly<Record<Verdict, string>> = {
  "not used": "Does not use it",
  "costs more": "Uses less than it costs",
  pays: "Uses more than it costs",
  "should have one": "Would be cheaper with a seat",
  without: "Cheaper without one",
};

export interface SeatPerson extends CallerUse {
  /** Whether the person has a seat or, where no people are named, uses one. */
  hasSeat: boolean;
  /** Cost of the person's seat in the month; 0 without a seat. */
  cost: Nanodollars;
  /** Null for a row that merges several people. */
  verdict: Verdict | null;
}

/** The use of seats compared with their cost. */
export interface SeatUse {
  /** Cost of one seat in the month. */
  price: Nanodollars;
  /** People who do not use their seat first, then people who should have one, then by list value. */
  people: readonly SeatPerson[];
}

const ORDER: readonly Verdict[] = ["not used", "should have one", "costs more", "pays", "without"];

/** The use of a charge's seats; null for a charge that is not for seats. */
export function useSeats({ charge, callers, withoutSeat }: ChargeUse): SeatUse | null {
  if (charge.kind !== "seats") return null;
  const { seats } = charge;
  const holders = seats === null
    ? callers.map((use) => ({ ...use, cost: divideRounding(charge.amount, BigInt(Math.max(1, callers.length))) }))
    : seats.held.map(({ login, days }) => ({ ...useOf(callers, login), cost: divideRounding(seats.price * days, seats.daysOfMonth) }));
  const price = seats === null ? (holders[0]?.cost ?? 0n) : seats.price;
  const people = [
    ...holders.map((use): SeatPerson => ({ ...use, hasSeat: true, verdict: use.requests === 0n ? "not used" : use.listed < use.cost ? "costs more" : "pays" })),
    ...withoutSeat.map((use): SeatPerson => ({ ...use, hasSeat: false, cost: 0n, verdict: use.owed > price ? "should have one" : "without" })),
  ];
  return { price, people: people.toSorted(byVerdict) };
}

/** A row that merges several people is last. */
export function byVerdict({ verdict: a }: Pick<SeatPerson, "verdict">, { verdict: b }: Pick<SeatPerson, "verdict">): number {
  return placeOf(a) - placeOf(b);
}

function placeOf(verdict: Verdict | null): number {
  return verdict === null ? ORDER.length : ORDER.indexOf(verdict);
}

function useOf(callers: readonly CallerUse[], caller: string): CallerUse {
  return callers.find((one) => one.caller === caller) ?? { caller, listed: 0n, owed: 0n, requests: 0n };
}

export function renderSeats(name: string, { price, people }: SeatUse): Html {
  const { shown, others } = foldRows(people, SHORT_TABLE, () => null);
  const count = (verdict: Verdict): number => people.filter((one) => one.verdict === verdict).length;
  const [unused, wanted] = [count("not used"), count("should have one")];
  return html`<h3>${showName(name)}: who uses a seat</h3>
<p>A seat costs ${showAmount(price)} in the month. ${people.some(({ verdict }) => verdict === null) ? "Not counting the people under (others): " : ""}${unused === 0 ? "Everybody who has one used it" : `${unused === 1 ? "1 person who has one" : `${String(unused)} people who have one`} did not use it`}; ${wanted === 0 ? "nobody without one would be cheaper with it" : `${wanted === 1 ? "1 person" : `${String(wanted)} people`} without one would be cheaper with it`}.</p>
${scrollingTable("Use of seats", {
  caption: "One row per person: what they used at list price, and what their seat costs",
  columns: [{ title: "Person" }, { title: "Seat", figure: true }, { title: "Used, at list price", figure: true }, { title: "Requests", figure: true }, { title: "Says" }],
  rows: [
    ...shown.map(({ caller, hasSeat, cost, listed, requests, verdict }) => ({ header: showName(caller), cells: [hasSeat ? amountCell(cost) : GAP_CELL, amountCell(listed), html`<td class="figure">${formatHundredths(printRequests([requests]).total)}</td>`, textCell(verdict === null ? "Several people" : VERDICTS[verdict])] })),
    ...(others === null ? [] : [{ header: `${countOf(others.count, "other")}, in the JSON`, cells: [GAP_CELL, GAP_CELL, GAP_CELL, textCell("")] }]),
  ],
  style: "small",
})}`;
}

export function seatRows(name: string, { people }: SeatUse): SummaryRow[] {
  return people.map(({ caller, listed, requests, verdict }) => ({ section: "seat", team: "", item: caller, detail: `${name}: ${verdict ?? "several people"}`, listValue: listed, requests }));
}

export function seatToJson({ price, people }: SeatUse): object {
  return {
    price_usd: amountToJson(price),
    people: people.map(({ caller, hasSeat, cost, listed, requests, verdict }) => ({ caller, has_seat: hasSeat, seat_usd: amountToJson(cost), used_list_value_usd: amountToJson(listed), requests: countToJson(requests), verdict })),
  };
}

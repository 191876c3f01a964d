import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import type { KindOfCharge } from "../../ledger/charge-kinds.ts";
import { billionths } from "../../ledger/dollars.ts";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { type Html, moneyCell, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";
import { amountCell, countOf, GAP_CELL, NO_CELL, plainTable, scrollingTable, section, textCell } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import { type ChargeUse, renderSeats, type SeatUse, seatRows, seatToJson, useSeats } from "./seats.ts";

/** A charge of the month: its cost, who pays it, and what it pays for. */
export interface ChargeFigures {
  name: string;
  provider: string;
  kind: KindOfCharge;
  cost: Nanodollars;
  /** The list cost of the usage that it is for. */
  listed: Nanodollars;
  /** The part of that usage that is not owed because of the charge. */
  covered: Nanodollars;
  /** Largest first. */
  shares: { team: string; cost: Nanodollars; /** How the share was calculated, in words. */ base: string }[];
  /** Null where it is not for seats. */
  seats: SeatUse | null;
}

const KIND_TITLES: Readonly<Record<KindOfCharge, string>> = {
  seats: "Seats",
  commitment: "Commitment",
  provisioned: "Provisioned throughput",
  prepaid: "Prepaid credits",
  tokens: "Tokens bought",
  gpu_hours: "GPU hours",
  other: "Other",
  invoice: "On the bill only",
};

const shareRow = z.tuple([z.string(), z.string(), z.string(), z.string(), billionths]);

/** Reads who pays the charges of a month from a local `allocations` file. @param used the charges, in order */
export async function sumCharges(duck: DuckDBConnection, file: string, used: readonly ChargeUse[]): Promise<ChargeFigures[]> {
  if (used.length === 0) return [];
  const found = await duck.runAndReadAll(`
    SELECT provider, rule, team, string_agg(DISTINCT base, '; ' ORDER BY base), sum(cost_usd)::DECIMAL(38,9)::VARCHAR
    FROM ${readParquet(file)} WHERE billing = '${CHARGE}' GROUP BY provider, rule, team ORDER BY provider, rule, team`);
  const rows = z.array(shareRow).parse(found.getRowsJS());
  return used.map((one): ChargeFigures => {
    const { charge: { name, provider, kind }, listed, covered } = one;
    const shares = rows.filter(([of, rule]) => of === provider && rule === name).map(([, , team, base, cost]) => ({ team, base, cost }));
    return { name, provider, kind, cost: shares.reduce((sum, { cost }) => sum + cost, 0n), listed, covered, shares: shares.toSorted((a, b) => (a.cost === b.cost ? 0 : a.cost > b.cost ? -1 : 1)), seats: useSeats(one) };
  });
}

/** What providers charge for besides requests, who pays it, and what it is worth. @param total cents of all charges */
export function renderCharges(charges: readonly ChargeFigures[], total: bigint): Html | string {
  if (charges.length === 0) return "";
  const cents = shareCents(total, charges.map(({ cost }) => cost));
  const teams = [...new Set(charges.flatMap(({ shares }) => shares.map(({ team }) => team)))];
  const ofTeam = (team: string): Nanodollars => charges.reduce((sum, { shares }) => sum + shares.reduce((own, share) => own + (share.team === team ? share.cost : 0n), 0n), 0n);
  return section("charges", "Charges other than usage", html`<p>Seats, commitments and whatever else providers charge for besides requests. The teams’ figures already include them. Usage that a charge covers is not owed again; its list value is shown here.</p>
${scrollingTable("Charges", {
  caption: "One row per charge",
  columns: [{ title: "Charge" }, { title: "Provider" }, { title: "Kind" }, ...["Cost", `Of it ${UNALLOCATED}`, "Its usage at list price", "Part not owed again"].map((title) => ({ title, figure: true }))],
  rows: charges.map(({ name, provider, kind, cost, listed, covered, shares }, index) => {
    const open = shares.find(({ team }) => team === UNALLOCATED);
    return {
      header: showName(name),
      cells: [textCell(showName(provider)), textCell(KIND_TITLES[kind]), moneyCell(cost, cents[index] ?? 0n), open === undefined ? GAP_CELL : amountCell(open.cost), amountCell(listed), covered === 0n ? GAP_CELL : amountCell(covered)],
    };
  }),
  foot: { header: "Total", cells: [NO_CELL, NO_CELL, moneyCell(charges.reduce((sum, { cost }) => sum + cost, 0n), total), NO_CELL, NO_CELL, NO_CELL] },
})}
${teamTable(teams.map((team) => ({ team, cost: ofTeam(team) })), total)}
${charges.map(({ name, seats }) => (seats === null ? "" : renderSeats(name, seats)))}`);
}

function teamTable(teams: readonly { team: string; cost: Nanodollars }[], total: bigint): Html {
  const sorted = teams.toSorted((a, b) => (a.cost === b.cost ? (a.team < b.team ? -1 : 1) : a.cost > b.cost ? -1 : 1));
  const { shown, others } = foldRows(sorted, SHORT_TABLE, (rest) => ({ cost: rest.reduce((all, { cost }) => all + cost, 0n) }));
  const cents = shareCents(total, [...shown, ...(others === null ? [] : [others.sum])].map(({ cost }) => cost));
  return plainTable({
    caption: "All charges, by team",
    columns: [{ title: "Team" }, { title: "Charges", figure: true }],
    rows: [
      ...shown.map(({ team, cost }, index) => ({ header: showName(team), cells: [moneyCell(cost, cents[index] ?? 0n)] })),
      ...(others === null ? [] : [{ header: countOf(others.count, "other team"), cells: [moneyCell(others.sum.cost, cents.at(-1) ?? 0n)] }]),
    ],
    style: "small",
  });
}

export function chargeRows({ name, provider, kind, cost, listed, covered, shares, seats }: ChargeFigures): SummaryRow[] {
  return [
    { section: "charge", team: "", item: name, detail: `${provider}, ${kind}`, value: cost },
    { section: "charge usage", team: "", item: name, detail: "by list", listValue: listed },
    { section: "charge usage", team: "", item: name, detail: "of that not owed again", listValue: covered },
    ...shares.map(({ team, cost: part, base }) => ({ section: "charge", team, item: name, detail: base, owed: part })),
    ...(seats === null ? [] : seatRows(name, seats)),
  ];
}

export function chargeToJson({ name, provider, kind, cost, listed, covered, shares, seats }: ChargeFigures): object {
  return {
    name, provider, kind,
    cost_usd: amountToJson(cost),
    usage_list_value_usd: amountToJson(listed),
    covered_usd: amountToJson(covered),
    shares: shares.map((share) => ({ team: share.team, cost_usd: amountToJson(share.cost), base: share.base })),
    seats: seats && seatToJson(seats),
  };
}

/** A team's part of each charge, for the team's page. Charges that the team does not pay for are left out. */
export interface TeamCharge {
  name: string;
  provider: string;
  cost: Nanodollars;
}

export function renderTeamCharges(charges: readonly TeamCharge[]): Html | string {
  if (charges.length === 0) return "";
  const { total, parts } = roundToCents(charges.map(({ cost }) => cost));
  return section("charges", "Charges other than usage", html`<p>The team’s part of seats, commitments and the like. The figures above already include it.</p>
${plainTable({
  caption: "One row per charge",
  columns: [{ title: "Charge" }, { title: "Provider" }, { title: "The team’s part", figure: true }],
  rows: charges.map(({ name, provider, cost }, index) => ({ header: showName(name), cells: [textCell(showName(provider)), moneyCell(cost, parts[index] ?? 0n)] })),
  foot: { header: "Total", cells: [NO_CELL, moneyCell(charges.reduce((sum, { cost }) => sum + cost, 0n), total)] },
  style: "small",
})}`);
}


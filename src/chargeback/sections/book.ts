import { html } from "hono/html";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { type Correction, sumOwedCorrections } from "../corrections/correction.ts";
import { costCell, type Html, moneyCell, showName } from "../page/cells.ts";
import { differenceCell, GAP_CELL, NO_CELL, scrollingTable, section } from "../page/tables.ts";
import { type AllocatedFigures, sumAllocated, sumOwed } from "../report/allocation-figures.ts";
import type { DaySpan } from "../report/compared-days.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { addPairs, type Pair, roundRuns, sharePairs } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import type { TeamKey } from "../report/summarise-allocations.ts";
import { budgetCells, type BudgetFigures } from "./budgets.ts";
import { showSpan } from "./comparison.ts";
import type { TeamDetail } from "./each-team/each-team.ts";

/** An exact amount and the cents it is printed as. */
interface Printed {
  exact: Nanodollars;
  cents: bigint;
}

/** What finance books for a team: what it owes for the month, and corrections of closed months. */
export interface TeamBooking {
  key: TeamKey;
  /** Place in the report's `byTeam`; null for a team with corrections only. */
  place: number | null;
  figures: AllocatedFigures;
  detail: TeamDetail | undefined;
  owed: Printed;
  corrections: Printed;
  toBook: Printed;
  /** Compared with the month before; null where the ledger has nothing of that month. */
  change: Printed | null;
}

export interface MonthBooking {
  /** Most owed first, `UNALLOCATED` last. */
  rows: TeamBooking[];
  total: Pick<TeamBooking, "owed" | "corrections" | "toBook" | "change">;
  /** Budgets of everything. */
  company: readonly BudgetFigures[];
  /** Change of teams that owed something in the month before and have no row now; null without such teams. */
  gone: Printed | null;
}

/** Works out what to book. In printed cents, columns add up to their totals and rows to their sums. */
export function bookTeams(report: ChargebackReport, cents: PrintedTotal): MonthBooking {
  const { byTeam, allocated, insights } = report;
  const teams = [...byTeam.map(({ key, figures }, place) => ({ key, figures, place: place as number | null })), ...correctedOnly(report)].toSorted(
    (a, b) => Number(a.key.team === UNALLOCATED) - Number(b.key.team === UNALLOCATED),
  );
  const due = teams.map(({ figures }) => sumOwed(figures).cost ?? 0n);
  const corrected = teams.map(({ key }) => sumOwedCorrections(report.corrections.filter((one) => isOf(one, key))));
  const owed = { exact: sumOwed(allocated).cost ?? 0n, cents: cents.owed };
  const allCorrected = corrected.reduce((sum, amount) => sum + amount, 0n);
  const corrections = { exact: allCorrected, cents: roundRuns([owed.exact, allCorrected])[1] ?? 0n };
  const printed = printBooked([owed.cents, corrections.cents], teams.map(({ key: { team } }, index) => ({ team, amounts: [due[index] ?? 0n, corrected[index] ?? 0n] })));
  const details = teams.map(({ key }) => insights.teams.find((one) => one.team === key.team && one.costCenter === key.costCenter));
  const changes = printChanges(report, owed.cents, teams.map(({ key }, index) => changeOf(details, { index, key, due: due[index] ?? 0n }) ?? 0n));
  const rows = teams.map((team, index): TeamBooking => {
    const own = { exact: due[index] ?? 0n, cents: printed[index]?.[0] ?? 0n };
    const late = { exact: corrected[index] ?? 0n, cents: printed[index]?.[1] ?? 0n };
    return { ...team, detail: details[index], owed: own, corrections: late, toBook: addPrinted(own, late), change: changeOf(details, { index, key: team.key, due: own.exact }) === null ? null : (changes?.rows[index] ?? null) };
  });
  return { rows, total: { owed, corrections, toBook: addPrinted(owed, corrections), change: changes?.total ?? null }, company: insights.budgets.company, gone: changes?.gone ?? null };
}

/** What is corrected and what is to book, exact: of all, then of each team and cost centre. */
export function bookRows(report: ChargebackReport): SummaryRow[] {
  const { allocated, byTeam, corrections } = report;
  const teams = [...byTeam, ...correctedOnly(report)];
  const lines = [
    { team: "", item: "", owed: sumOwed(allocated).cost ?? 0n, corrected: sumOwedCorrections(corrections) },
    ...teams.map(({ key, figures }) => ({ team: key.team, item: key.costCenter ?? "", owed: sumOwed(figures).cost ?? 0n, corrected: sumOwedCorrections(corrections.filter((one) => isOf(one, key))) })),
  ];
  return lines.flatMap(({ team, item, owed, corrected }) => [
    ...(corrected === 0n ? [] : [{ section: "corrections", team, item, detail: "of closed months", owed: corrected }]),
    { section: "to book", team, item, detail: corrected === 0n ? "" : "owed and corrections", owed: owed + corrected },
  ]);
}

/** Distributes cents to teams first and then to their cost centres, so that a team's own page adds up too. */
function printBooked(totals: Pair<bigint>, rows: readonly { team: string; amounts: Pair<Nanodollars> }[]): Pair<bigint>[] {
  const teams = [...Map.groupBy([...rows.entries()], ([, { team }]) => team).values()];
  const ofTeams = sharePairs(totals, teams.map((own) => own.map(([, { amounts }]) => amounts).reduce(addPairs)));
  const printed: Pair<bigint>[] = rows.map(() => [0n, 0n]);
  for (const [index, own] of teams.entries()) {
    const parts = sharePairs(ofTeams[index] ?? [0n, 0n], own.map(([, { amounts }]) => amounts));
    for (const [nth, [place]] of own.entries()) printed[place] = parts[nth] ?? [0n, 0n];
  }
  return printed;
}

function isOf(correction: Correction, { team, costCenter }: TeamKey): boolean {
  return correction.team === team && correction.costCenter === costCenter;
}

function correctedOnly({ byTeam, corrections }: ChargebackReport): { key: TeamKey; figures: AllocatedFigures; place: null }[] {
  const others = corrections.filter((one) => !byTeam.some(({ key }) => isOf(one, key)));
  const keys = new Map(others.map(({ team, costCenter }) => [JSON.stringify([team, costCenter]), { team, costCenter }]));
  return [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => ({ key, figures: sumAllocated([]), place: null }));
}

/** What a row owes more than in the month before. Changes are known by team: the first of a team's cost centres has what the team had before, and of some days the whole change; null: it stands in that row. */
function changeOf(details: readonly (TeamDetail | undefined)[], { index, key: { team }, due }: { index: number; key: TeamKey; due: Nanodollars }): Nanodollars | null {
  const change = details[index]?.change ?? null;
  const isFirst = details.findIndex((detail) => detail?.team === team) === index;
  if (change === null || change.days === null) return due - (isFirst ? (change?.before ?? 0n) : 0n);
  return isFirst ? change.now - change.before : null;
}

function printChanges({ insights: { change } }: ChargebackReport, owed: bigint, differences: readonly Nanodollars[]): { rows: Printed[]; total: Printed; gone: Printed | null } | null {
  if (change === null) return null;
  const total = { exact: change.now - change.before, cents: (change.days === null ? owed : roundToCents([change.now]).total) - roundToCents([change.before]).total };
  const rest = total.exact - differences.reduce((sum, difference) => sum + difference, 0n);
  const amounts = rest === 0n ? differences : [...differences, rest];
  const cents = shareCents(total.cents, amounts);
  const rows = amounts.map((exact, index) => ({ exact, cents: cents[index] ?? 0n }));
  return { rows, total, gone: rest === 0n ? null : (rows.at(-1) ?? null) };
}

function addPrinted(a: Printed, b: Printed): Printed {
  return { exact: a.exact + b.exact, cents: a.cents + b.cents };
}

interface BookColumns {
  corrections: boolean;
  change: boolean;
  budgets: boolean;
}

const BESIDE = html`<td class="beside"></td>`;

/**
 * One line for each team and cost centre: what finance books, beside its change and budgets.
 * @param days the days that are compared with the month before; null: all
 */
export function renderBook(booking: MonthBooking, days: DaySpan | null, idOf: (row: TeamBooking) => string | undefined): Html {
  const { rows, total, gone, company } = booking;
  const columns: BookColumns = {
    corrections: rows.some(({ corrections }) => corrections.exact !== 0n),
    change: total.change !== null,
    budgets: company.length > 0 || rows.some((row) => wholeBudgets(row).length > 0),
  };
  const lines = rows.map((row) => ({
    header: nameRow(row, idOf(row)),
    cells: [
      html`<td class="beside">${row.key.costCenter === null ? "–" : html`<span class="code">${showName(row.key.costCenter)}</span>`}</td>`,
      ...moneyCells(row, columns),
      ...(columns.change ? [row.change === null ? GAP_CELL : differenceCell(row.change.exact, row.change.cents)] : []),
      ...(columns.budgets ? budgetCells(wholeBudgets(row)) : []),
    ],
    style: row.key.team === UNALLOCATED ? "unallocated" : undefined,
  }));
  const vanished = gone === null ? [] : [{
    header: "Teams only in the month before",
    cells: [BESIDE, ...Array.from({ length: columns.corrections ? 3 : 1 }, () => GAP_CELL), differenceCell(gone.exact, gone.cents), ...emptyBudgets(columns)],
  }];
  return section("book", "What to book", scrollingTable("What to book, by team", {
    caption: columns.corrections
      ? "One row per team and cost centre. Corrections are of closed months; owed plus corrections is the amount to book"
      : "One row per team and cost centre. The amount owed is the amount to book: no closed month was corrected",
    columns: [
      { title: "Team" },
      { title: "Cost centre", style: "beside" },
      { title: "Owed", figure: true },
      ...(columns.corrections ? ["Corrections", "To book"].map((title) => ({ title, figure: true })) : []),
      ...(columns.change ? [{ title: days === null ? "Change" : `Change, days ${showSpan(days)}`, figure: true }] : []),
      ...(columns.budgets ? ["Budget", "Used", "Forecast"].map((title) => ({ title, figure: true })) : []),
    ],
    rows: [...lines, ...vanished],
    foot: {
      header: "Total",
      cells: [
        BESIDE,
        ...totalCells(booking, columns),
        ...(total.change === null ? [] : [differenceCell(total.change.exact, total.change.cents)]),
        ...(columns.budgets ? (company.length === 0 ? emptyBudgets(columns) : budgetCells(company)) : []),
      ],
    },
    style: "book",
  }));
}

/** Budgets of everything that the team owes; others would not be measured by its row. */
function wholeBudgets({ detail }: TeamBooking): BudgetFigures[] {
  return (detail?.budgets ?? []).filter(({ isWholeTeam }) => isWholeTeam);
}

/** On a narrow page the cost centre is below the name instead of in a column. */
function nameRow({ key: { team, costCenter } }: TeamBooking, id: string | undefined): Html {
  const name = id === undefined ? showName(team) : html`<a href="#${id}">${showName(team)}</a>`;
  return costCenter === null ? name : html`${name}<span class="narrow quiet">${showName(costCenter)}</span>`;
}

function moneyCells({ figures, owed, corrections, toBook }: TeamBooking, columns: BookColumns): Html[] {
  const own = sumOwed(figures);
  return [
    own.cost === null ? costCell(own, owed.cents) : moneyCell(owed.exact, owed.cents),
    ...(columns.corrections ? [corrections.exact === 0n ? GAP_CELL : differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
  ];
}

function totalCells({ total: { owed, corrections, toBook }, rows }: MonthBooking, columns: BookColumns): Html[] {
  const priced = rows.some(({ figures }) => sumOwed(figures).cost !== null && figures.requests > 0n) || owed.exact !== 0n;
  return [
    priced ? moneyCell(owed.exact, owed.cents) : html`<td class="figure gap">not priced</td>`,
    ...(columns.corrections ? [differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
  ];
}

function emptyBudgets({ budgets }: BookColumns): Html[] {
  return budgets ? [NO_CELL, NO_CELL, NO_CELL] : [];
}

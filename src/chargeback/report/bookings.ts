import { exchange, type ExchangeRate } from "../../ledger/exchange-rate.ts";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { type Correction, sumOwedCorrections } from "../corrections/correction.ts";
import { type AllocatedFigures, sumAllocated, sumOwed } from "./allocation-figures.ts";
import { type PrintedTotal, printTotal } from "./printed-cents.ts";
import type { ChargebackReport } from "./report.ts";
import { addPairs, type Pair, type Printed, type RoundAmount, roundLike, roundRuns, sharePairs } from "./rounding.ts";
import type { TeamKey } from "./summarise-allocations.ts";
import type { BudgetFigures } from "../sections/budgets.ts";
import type { TeamDetail } from "../sections/each-team/each-team.ts";

/** What finance books for a team: the amount owed for the month and the corrections of closed months. */
export interface TeamBooking {
  key: TeamKey;
  /** Position in the report's `byTeam`; null for a team with corrections only. */
  place: number | null;
  figures: AllocatedFigures;
  detail: TeamDetail | undefined;
  owed: Printed;
  corrections: Printed;
  toBook: Printed;
  /** The same amounts in the second currency; null without one. */
  second: SecondAmounts | null;
  /** The change from the month before; null where the ledger has no data for that month. */
  change: Printed | null;
}

/** Amounts in hundredths of the second currency. Rows add up to the total. */
export type SecondAmounts = Readonly<Record<"owed" | "corrections" | "toBook", bigint>>;

export interface MonthBooking {
  /** Most owed first, `UNALLOCATED` last. */
  rows: TeamBooking[];
  total: Pick<TeamBooking, "owed" | "corrections" | "toBook" | "second" | "change">;
  rate: ExchangeRate | null;
  /** Budgets of the whole company. */
  company: readonly BudgetFigures[];
  /** The change of teams that owed something in the month before and have no row now; null without such teams. */
  gone: Printed | null;
}

/** The parts of a report that decide what to book. */
export type Booked = Pick<ChargebackReport, "byTeam" | "allocated"> & {
  corrections: readonly Pick<Correction, "team" | "costCenter" | "billing" | "difference">[];
  insights: Pick<ChargebackReport["insights"], "change" | "teams" | "budgets">;
  head: Pick<ChargebackReport["head"], "rate">;
};

/** Works out what to book, with the cents used in every page and file. */
export function bookReport(report: ChargebackReport): MonthBooking {
  return bookTeams(report, printTotal(report.allocated));
}

/** Works out what to book. In printed cents, columns add up to their totals, and rows to their sums. */
export function bookTeams(report: Booked, cents: PrintedTotal): MonthBooking {
  const { byTeam, allocated, insights } = report;
  const teams = [...byTeam.map(({ key, figures }, place) => ({ key, figures, place: place as number | null })), ...correctedOnly(report)].toSorted(
    (a, b) => Number(a.key.team === UNALLOCATED) - Number(b.key.team === UNALLOCATED),
  );
  const due = teams.map(({ figures }) => sumOwed(figures).cost ?? 0n);
  const corrected = teams.map(({ key }) => sumOwedCorrections(report.corrections.filter((one) => isCorrectionOf(one, key))));
  const owed = { exact: sumOwed(allocated).cost ?? 0n, cents: cents.owed };
  const allCorrected = corrected.reduce((sum, amount) => sum + amount, 0n);
  const corrections = { exact: allCorrected, cents: roundRuns([owed.exact, allCorrected])[1] ?? 0n };
  const printed = printBooked([owed.cents, corrections.cents], teams.map(({ key: { team } }, index) => ({ team, amounts: [due[index] ?? 0n, corrected[index] ?? 0n] })));
  const second = exchangeBooked(report.head.rate, teams.map(({ key: { team } }, index) => ({ team, amounts: [due[index] ?? 0n, corrected[index] ?? 0n] })));
  const details = teams.map(({ key }) => insights.teams.find((one) => one.team === key.team && one.costCenter === key.costCenter));
  const changes = printChanges(report, owed.cents, teams.map((row, index) => changeOf(details, { index, row, due: due[index] ?? 0n }) ?? 0n));
  const rows = teams.map((team, index): TeamBooking => {
    const own = { exact: due[index] ?? 0n, cents: printed[index]?.[0] ?? 0n };
    const late = { exact: corrected[index] ?? 0n, cents: printed[index]?.[1] ?? 0n };
    return { ...team, detail: details[index], owed: own, corrections: late, toBook: addPrinted(own, late), second: second?.rows[index] ?? null, change: changeOf(details, { index, row: team, due: own.exact }) === null ? null : (changes?.rows[index] ?? null) };
  });
  return { rows, total: { owed, corrections, toBook: addPrinted(owed, corrections), second: second?.total ?? null, change: changes?.total ?? null }, rate: report.head.rate, company: insights.budgets.company, gone: changes?.gone ?? null };
}

/** Exchanges the amounts owed and the corrections, and rounds them like dollars: the total to the nearest hundredth, the rows so that they add up to it. */
function exchangeBooked(rate: ExchangeRate | null, rows: readonly { team: string; amounts: Pair<Nanodollars> }[]): { rows: SecondAmounts[]; total: SecondAmounts } | null {
  if (rate === null) return null;
  const exchanged = rows.map(({ team, amounts: [owed, corrected] }) => ({ team, amounts: [exchange(owed, rate), exchange(corrected, rate)] as const }));
  const [owed, corrected] = exchanged.map(({ amounts }) => amounts).reduce(addPairs, [0n, 0n]);
  const [owedTotal = 0n, correctedTotal = 0n] = roundRuns([owed, corrected]);
  return { rows: printBooked([owedTotal, correctedTotal], exchanged).map(addSecond), total: addSecond([owedTotal, correctedTotal]) };
}

function addSecond([owed, corrections]: Pair<bigint>): SecondAmounts {
  return { owed, corrections, toBook: owed + corrections };
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

export function isCorrectionOf(correction: TeamKey, { team, costCenter }: TeamKey): boolean {
  return correction.team === team && correction.costCenter === costCenter;
}

function correctedOnly({ byTeam, corrections }: Pick<Booked, "byTeam" | "corrections">): { key: TeamKey; figures: AllocatedFigures; place: null }[] {
  const others = corrections.filter((one) => !byTeam.some(({ key }) => isCorrectionOf(one, key)));
  const keys = new Map(others.map(({ team, costCenter }) => [JSON.stringify([team, costCenter]), { team, costCenter }]));
  return [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => ({ key, figures: sumAllocated([]), place: null }));
}

/**
 * How much more a row owes than in the month before. Changes are known only by team, so the row of the team's first cost centre has the team's
 * earlier amount, or the whole change if only some days are compared. Null: the change is in that row, or, for a row with corrections only, in the
 * row of teams without usage now.
 */
function changeOf(details: readonly (TeamDetail | undefined)[], { index, row: { key: { team }, place }, due }: { index: number; row: Pick<TeamBooking, "key" | "place">; due: Nanodollars }): Nanodollars | null {
  if (place === null) return null;
  const change = details[index]?.change ?? null;
  const isFirst = details.findIndex((detail) => detail?.team === team) === index;
  if (change === null || change.days === null) return due - (isFirst ? (change?.before ?? 0n) : 0n);
  return isFirst ? change.now - change.before : null;
}

function printChanges({ insights: { change } }: Booked, owed: bigint, differences: readonly Nanodollars[]): { rows: Printed[]; total: Printed; gone: Printed | null } | null {
  if (change === null) return null;
  const total = { exact: change.now - change.before, cents: (change.days === null ? owed : roundToCents([change.now]).total) - roundToCents([change.before]).total };
  const rest = total.exact - differences.reduce((sum, difference) => sum + difference, 0n);
  const amounts = rest === 0n ? differences : [...differences, rest];
  const cents = shareCents(total.cents, amounts);
  const rows = amounts.map((exact, index) => ({ exact, cents: cents[index] ?? 0n }));
  return { rows, total, gone: rest === 0n ? null : (rows.at(-1) ?? null) };
}

export function addPrinted(a: Printed, b: Printed): Printed {
  return { exact: a.exact + b.exact, cents: a.cents + b.cents };
}

/** Rounds the amounts of a team, or of all teams. Booked amounts are printed in the cents that are booked. */
export function roundBooked({ owed, toBook, corrections, change }: Pick<TeamBooking, "owed" | "toBook" | "corrections" | "change">): RoundAmount {
  return roundLike([owed, toBook, corrections, ...(change === null ? [] : [change])]);
}

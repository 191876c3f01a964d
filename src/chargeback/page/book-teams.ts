import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import { type AllocatedFigures, sumAllocated, sumOwed } from "../report/allocation-figures.ts";
import type { Correction } from "../corrections/correction.ts";
import type { TeamDetail } from "../insights/insights.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { addPairs, type Pair, roundRuns, sharePairs } from "../report/rounding.ts";
import type { TeamKey } from "../report/summarise-allocations.ts";

/** An exact amount and the cents it is printed as. */
interface Printed {
  exact: Nanodollars;
  cents: bigint;
}

/** What finance books for a team: what it owes for the month, and what of closed months was corrected. */
export interface TeamBooking {
  key: TeamKey;
  /** Place in the report's `byTeam`; null for a team that has corrections only. */
  place: number | null;
  figures: AllocatedFigures;
  detail: TeamDetail | undefined;
  owed: Printed;
  corrections: Printed;
  toBook: Printed;
  /** Against the month before; null where the ledger has nothing of that month. */
  change: Printed | null;
}

export interface Booking {
  /** Most owed first, `UNALLOCATED` last. */
  rows: TeamBooking[];
  total: Pick<TeamBooking, "owed" | "corrections" | "toBook" | "change">;
  /** Of teams that owed something in the month before and have no row now; null where there is none. */
  gone: Printed | null;
}

/** Columns add up to their totals and rows across, in cents as printed. */
export function bookTeams(report: ChargebackReport, cents: PrintedTotal): Booking {
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
  const changes = printChanges(report, owed.cents, due.map((amount, index) => amount - (details[index]?.change?.before ?? 0n)));
  const rows = teams.map((team, index): TeamBooking => {
    const own = { exact: due[index] ?? 0n, cents: printed[index]?.[0] ?? 0n };
    const late = { exact: corrected[index] ?? 0n, cents: printed[index]?.[1] ?? 0n };
    return { ...team, detail: details[index], owed: own, corrections: late, toBook: addPrinted(own, late), change: changes?.rows[index] ?? null };
  });
  return { rows, total: { owed, corrections, toBook: addPrinted(owed, corrections), change: changes?.total ?? null }, gone: changes?.gone ?? null };
}

/** What is owed and what is corrected: of each team first, then of its cost centres, so that a page of the team alone adds up too. */
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

/** Corrections of what is owed; of list values there are some too, which nobody books. */
function sumOwedCorrections(corrections: readonly Correction[]): Nanodollars {
  return corrections.reduce((sum, { billing, difference }) => (isListValue(billing) ? sum : sum + difference), 0n);
}

function isOf(correction: Correction, { team, costCenter }: TeamKey): boolean {
  return correction.team === team && correction.costCenter === costCenter;
}

function correctedOnly({ byTeam, corrections }: ChargebackReport): { key: TeamKey; figures: AllocatedFigures; place: null }[] {
  const others = corrections.filter((one) => !byTeam.some(({ key }) => isOf(one, key)));
  const keys = new Map(others.map(({ team, costCenter }) => [JSON.stringify([team, costCenter]), { team, costCenter }]));
  return [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => ({ key, figures: sumAllocated([]), place: null }));
}

function printChanges({ insights: { change } }: ChargebackReport, owed: bigint, differences: readonly Nanodollars[]): { rows: Printed[]; total: Printed; gone: Printed | null } | null {
  if (change === null) return null;
  const total = { exact: change.now - change.before, cents: owed - roundToCents([change.before]).total };
  const rest = total.exact - differences.reduce((sum, difference) => sum + difference, 0n);
  const amounts = rest === 0n ? differences : [...differences, rest];
  const cents = shareCents(total.cents, amounts);
  const rows = amounts.map((exact, index) => ({ exact, cents: cents[index] ?? 0n }));
  return { rows, total, gone: rest === 0n ? null : (rows.at(-1) ?? null) };
}

function addPrinted(a: Printed, b: Printed): Printed {
  return { exact: a.exact + b.exact, cents: a.cents + b.cents };
}

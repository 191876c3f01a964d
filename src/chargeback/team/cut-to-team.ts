import { LedgerError } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { Month } from "../../ledger/months.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Correction } from "../corrections/correction.ts";
import type { Hiding } from "../hiding/hiding.ts";
import { type AllocatedFigures, sumAllocated } from "../report/allocation-figures.ts";
import { printAllocatedRows, printedOfTeam, type PrintedOfTeam } from "../report/printed-allocations.ts";
import { printTotal } from "../report/printed-cents.ts";
import type { ReportStatus } from "../report/report-status.ts";
import type { ChargebackReport, ReportHead } from "../report/report.ts";
import type { AllocationLine } from "../report/summarise-allocations.ts";
import { bookTeams, type TeamBooking } from "../report/bookings.ts";
import type { TeamCharge } from "../sections/charges.ts";
import { countQuarantined } from "../sections/quality/feeding-exports.ts";

/** The report of one team. It holds nothing about any other team: no name, no figure, no sum over the company. */
export interface TeamReport {
  month: Month;
  status: ReportStatus;
  head: ReportHead;
  team: string;
  /** One for each cost centre, in the cents that the company's report prints. */
  bookings: (TeamBooking & PrintedOfTeam)[];
  total: AllocatedFigures;
  /** In order of their key. */
  allocations: AllocationLine[];
  /** The team's part of shared costs. */
  pools: { pool: string; cost: Nanodollars }[];
  /** The team's part of seats, commitments and other charges. */
  charges: TeamCharge[];
  /** The corrections have no reasons, since a reason may name exports and other teams. */
  corrections: Correction[];
  hiding?: Hiding;
  /** For the whole company: what is missing is not known by team. */
  quality: { damagedExports: number; quarantinedRecords: number; lateExports: number; unbuiltDays: number };
}

/** Names of the report's teams, `(unallocated)` included, each once and in the report's order. */
export function listTeams({ byTeam, corrections }: ChargebackReport): string[] {
  return [...new Set([...byTeam.map(({ key }) => key.team), ...corrections.map(({ team }) => team)])];
}

/** Throws `usage` for a team that is not in the report. */
export function cutToTeam(report: ChargebackReport, team: string): TeamReport {
  const known = listTeams(report);
  if (!known.includes(team)) throw unknownTeam(report.month.name, team, known);
  const { month, status, head, byTeam, allocations, allocated, insights, corrections, quality, hiding } = report;
  const cents = printTotal(allocated);
  const printed = printAllocatedRows(byTeam.map(({ figures }) => figures), allocated, cents);
  const own = allocations.filter((row) => row.team === team);
  return {
    month,
    status,
    head: { ...head, owners: new Map([...head.owners].filter(([name]) => name === team)) },
    team,
    bookings: bookTeams(report, cents)
      .rows.filter(({ key }) => key.team === team)
      .map((row) => ({ ...row, ...printedOfTeam(row.place === null ? undefined : printed[row.place]) })),
    total: sumAllocated(own),
    allocations: own,
    pools: insights.pools.flatMap(({ pool, shares }) => shares.filter((share) => share.team === team).map(({ cost }) => ({ pool, cost }))),
    charges: (insights.charges ?? []).flatMap(({ name, provider, shares }) => shares.filter((share) => share.team === team).map(({ cost }) => ({ name, provider, cost }))),
    corrections: corrections.filter((one) => one.team === team).map((one) => ({ ...one, reason: "" })),
    ...(hiding === undefined ? {} : { hiding }),
    quality: {
      damagedExports: quality.damaged.length,
      quarantinedRecords: countQuarantined(quality.quarantined),
      lateExports: insights.late.length,
      unbuiltDays: quality.unbuiltDays.length,
    },
  };
}

export function unknownTeam(month: string, team: string, known: readonly string[]): LedgerError {
  return new LedgerError("usage", `there is no team ${JSON.stringify(visibleText(team))} in ${month}`, {
    remedy: `name one of ${listSome(known.map((name) => JSON.stringify(visibleText(name))))}`,
  });
}

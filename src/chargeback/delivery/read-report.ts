import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { boundMonth } from "../../ledger/months.ts";
import { BILLINGS, mapBillings } from "../../ledger/usage/usage-record.ts";
import type { ChangeDriver } from "../report/drivers.ts";
import { type AllocatedFigures, sumAllocated } from "../report/allocation-figures.ts";
import { NO_INSIGHTS } from "../report/insights.ts";
import { printTotal } from "../report/printed-cents.ts";
import type { ReportStatus } from "../report/report-status.ts";
import type { Comparison } from "../report/compared-days.ts";
import { type Booked, bookTeams, type MonthBooking } from "../report/bookings.ts";
import type { CostChange } from "../sections/change.ts";
import type { TeamDetail } from "../sections/each-team/each-team.ts";

/** What a message says about a month's report. It is read from the JSON file, so that a closed month is reported as it was closed. */
export interface ReadReport {
  month: ReturnType<typeof boundMonth>;
  /** Null in files of versions that did not write the member. */
  status: ReportStatus | null;
  /** In cents, as the page prints them. */
  booking: MonthBooking;
  /** The sum of all teams; its counts of requests may be rounded. */
  allocated: AllocatedFigures;
  comparison: Comparison | null;
  change: CostChange | null;
  /** The main drivers of the company's change. */
  drivers: readonly ChangeDriver[];
  /** By team; the cost centres of a team are added up. */
  teams: ReadonlyMap<string, Pick<ReadReport, "change" | "drivers">>;
  lacks: { damaged: number; quarantined: number; unbuiltDays: number; unpriced: number };
}

const money = billionths.nullable();
const span = z.object({ first: z.int(), last: z.int() });
const known = span.extend({ of: z.int() }).nullable();

const change = z
  .object({ month: z.string(), days: span.nullable().default(null), before_usd: billionths, now_usd: billionths, price_usd: billionths, volume_usd: billionths, mix_usd: billionths })
  .transform(({ month, days, before_usd: before, now_usd: now, price_usd: price, volume_usd: volume, mix_usd: mix }): CostChange => ({ month, days, before, now, price, volume, mix }))
  .nullable();

const drivers = z
  .array(z.object({ kind: z.string(), name: z.string(), difference_usd: billionths }))
  .default([])
  .transform((all) => all.map(({ difference_usd: difference, ...driver }): ChangeDriver => ({ ...driver, difference })));

const comparison = z
  .discriminatedUnion("basis", [
    z.object({ basis: z.enum(["months", "none"]), known_days: z.object({ now: known, before: known }) }),
    z.object({ basis: z.literal("days"), days: span, known_days: z.object({ now: known, before: known }) }),
  ])
  .transform(({ known_days: days, ...compared }): Comparison => ({ ...days, ...compared }))
  .nullable();

const allocated = z
  .object({ requests: z.number(), adjustments_usd: money, charges_usd: money.default(null), billing: z.partialRecord(z.enum(BILLINGS), z.object({ requests: z.number(), cost_usd: money })) })
  .transform(({ adjustments_usd: adjustments, charges_usd: charges, billing }): AllocatedFigures => {
    const none = sumAllocated([]);
    const of = mapBillings((kind) => ({ requests: BigInt(Math.ceil(billing[kind]?.requests ?? 0)), cost: billing[kind]?.cost_usd ?? null, unpricedRequests: 0n }));
    return { ...none, adjustments, charges, billing: of };
  });

const teamKey = z.object({ team: z.string(), cost_center: z.string().nullable() });

const reportJson = z.object({
  month: z.string(),
  timezone: z.string(),
  status: z.object({ kind: z.enum(["preliminary", "complete", "closed"]), data_until: z.coerce.date(), known_days: known }).optional(),
  total: z.object({ unpriced_requests: z.number() }),
  by_team: z.array(teamKey.and(allocated)),
  corrections: z.array(teamKey.extend({ billing: z.enum(BILLINGS), difference_usd: billionths })),
  quality: z.object({ damaged: z.array(z.unknown()), quarantined: z.array(z.object({ quarantined: z.number() })), unbuilt_days: z.array(z.unknown()) }),
  insights: z.object({ change, drivers, comparison: comparison.default(null), teams: z.array(teamKey.extend({ change, drivers })) }),
});

/** A message uses only the change from a team's details. */
const NO_DETAIL: Omit<TeamDetail, "team" | "costCenter" | "change"> = {
  figures: sumAllocated([]), budgets: [], byCaller: [], byTag: [], byDimension: [], byModel: [], byAgent: [],
  drivers: [], averagesBefore: null, activePersons: 0, perActivePerson: null, sessions: 0, perSession: null, topSessions: [], days: [],
};

/** Reads a `chargeback.json` of any version. Throws `manifest_unreadable` for anything else. @param key names the file in errors */
export function readReport(json: Uint8Array, key: string): ReadReport {
  const { month, timezone, status, total, quality, insights, ...figures } = parse(json, key);
  const byTeam = figures.by_team.map(({ team, cost_center: costCenter, ...of }) => ({ key: { team, costCenter }, figures: of }));
  const booked: Booked = {
    byTeam,
    allocated: addAll(byTeam.map((row) => row.figures)),
    corrections: figures.corrections.map(({ team, cost_center: costCenter, billing, difference_usd: difference }) => ({ team, costCenter, billing, difference })),
    insights: { ...NO_INSIGHTS, change: insights.change, teams: insights.teams.map(({ team, cost_center: costCenter, change: of }) => ({ ...NO_DETAIL, team, costCenter, change: of })) },
    // Messages are in US dollars.
    head: { rate: null },
  };
  return {
    month: boundMonth(month, timezone),
    status: status === undefined ? null : { kind: status.kind, dataUntil: status.data_until, known: status.known_days },
    booking: bookTeams(booked, printTotal(booked.allocated)),
    allocated: booked.allocated,
    comparison: insights.comparison,
    change: insights.change,
    drivers: insights.drivers,
    teams: new Map(insights.teams.map(({ team, change: of, drivers: most }) => [team, { change: of, drivers: most }])),
    lacks: {
      damaged: quality.damaged.length,
      quarantined: quality.quarantined.reduce((sum, { quarantined }) => sum + quarantined, 0),
      unbuiltDays: quality.unbuilt_days.length,
      unpriced: total.unpriced_requests,
    },
  };
}

function parse(json: Uint8Array, key: string): z.infer<typeof reportJson> {
  try {
    return reportJson.parse(JSON.parse(Buffer.from(json).toString("utf8")));
  } catch (cause) {
    throw new LedgerError("manifest_unreadable", `${key} is not a report that can be delivered`, { remedy: "run aperture-ledger chargeback for the month: it writes the report again", cause });
  }
}

function addAll(figures: readonly AllocatedFigures[]): AllocatedFigures {
  return {
    ...sumAllocated([]),
    adjustments: sumKnown(figures.map(({ adjustments }) => adjustments)),
    charges: sumKnown(figures.map(({ charges }) => charges)),
    billing: mapBillings((kind) => ({
      requests: figures.reduce((all, { billing }) => all + billing[kind].requests, 0n),
      cost: sumKnown(figures.map(({ billing }) => billing[kind].cost)),
      unpricedRequests: 0n,
    })),
  };
}

/** Null where no amount is known. */
function sumKnown(amounts: readonly (bigint | null)[]): bigint | null {
  return amounts.reduce((all, amount) => (amount === null ? all : (all ?? 0n) + amount), null);
}

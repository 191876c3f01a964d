import type { CallerType } from "../../ledger/usage/usage-record.ts";
import type { AllocatedFigures, AllocatedSummary } from "./allocation-figures.ts";
import type { Correction } from "../corrections/correction.ts";
import { countTagsInFull, type TagCounting } from "./count-tags.ts";
import type { DataQuality } from "./data-quality.ts";
import { type BilledFigures, sumFigures } from "./figures.ts";
import { daysWithout, type Month } from "../../ledger/months.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { descending } from "../../ledger/orders.ts";
import type { StatusClass } from "../../ledger/usage/status-class.ts";
import type { Insights } from "../insights/insights.ts";
import type { MonthSums, UsageRow } from "./sum-month.ts";
import type { AllocationRow, AllocationSums, DimensionKey, TeamKey } from "./summarise-allocations.ts";

/** One row of a summary: what its requests have in common, and their sums. */
interface SummaryRow<Key> {
  key: Key;
  figures: BilledFigures;
}

/** Largest cost first, rows of which nothing was priced last; then most requests, then by name. */
export type Summary<Key> = SummaryRow<Key>[];

/** Who spent what in a month. Each summary, and the detail rows, add up to the total exactly; `byTag` unless it says otherwise. */
export interface ChargebackReport {
  month: Month;
  /** Gateways with usage in the month, in order. */
  gateways: string[];
  total: BilledFigures;
  /** Requests. */
  statuses: Record<StatusClass, bigint>;
  /** The same usage as the total, with its adjustments; counts in billionths. */
  allocated: AllocatedFigures;
  /** Who owes what; usage without a team is always the last. */
  byTeam: AllocatedSummary<TeamKey>;
  byTag: AllocatedSummary<{ tag: string }>;
  /** False where devices of several tags count in full under each of them. */
  byTagAddsUp: boolean;
  byDimension: { name: string; rows: AllocatedSummary<DimensionKey> }[];
  /** What `byTeam` is made of, in order of their key. */
  allocations: AllocationRow[];
  byCaller: Summary<{ caller: string; callerType: CallerType }>;
  /** `tagSet` is the tags joined by commas. */
  byTags: Summary<{ tagSet: string; tags: readonly string[] }>;
  byModel: Summary<{ model: string }>;
  byProvider: Summary<{ provider: string }>;
  /** In order of their key. */
  rows: UsageRow[];
  quality: DataQuality;
  insights: Insights;
  /** Of closed months, booked in this one: not in its total. In order of month, cause and row. */
  corrections: readonly Correction[];
}

/** A month's sums, and what they may lack. */
export interface ReportFigures {
  usage: MonthSums;
  allocations: AllocationSums;
  quality: Omit<DataQuality, "daysWithoutUsage">;
}

export function buildReport(
  month: Month,
  { usage: { rows, statuses, slots }, allocations, quality }: ReportFigures,
  { insights, corrections }: Pick<ChargebackReport, "insights" | "corrections">,
  tagCounting: TagCounting,
): ChargebackReport {
  return {
    month,
    gateways: [...new Set(rows.map(({ instance }) => instance))],
    total: sumFigures(rows),
    statuses,
    allocated: allocations.total,
    byTeam: allocations.byTeam,
    byTag: tagCounting === "even" ? allocations.byTag : countTagsInFull(rows),
    byTagAddsUp: tagCounting === "even",
    byDimension: allocations.byDimension,
    allocations: allocations.rows,
    byCaller: summarise(rows, ({ caller, callerType }) => ({ caller, callerType })),
    byTags: summarise(rows, ({ tags }) => ({ tagSet: tags.length === 0 ? UNTAGGED : tags.join(","), tags })),
    byModel: summarise(rows, ({ model }) => ({ model })),
    byProvider: summarise(rows, ({ provider }) => ({ provider })),
    rows,
    insights,
    corrections,
    quality: { ...quality, daysWithoutUsage: daysWithout(slots, month) },
  };
}

function summarise<Key>(rows: readonly UsageRow[], keyOf: (row: UsageRow) => Key): Summary<Key> {
  const groups = new Map<string, { key: Key; rows: UsageRow[] }>();
  for (const row of rows) {
    const key = keyOf(row);
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return [...groups]
    .map(([name, group]) => ({ name, key: group.key, figures: sumFigures(group.rows) }))
    .sort((a, b) => byCostAndRequests(a.figures, b.figures) || (a.name < b.name ? -1 : 1))
    .map(({ key, figures }) => ({ key, figures }));
}

function byCostAndRequests(a: BilledFigures, b: BilledFigures): number {
  return descending(a.cost ?? -1n, b.cost ?? -1n) || descending(a.requests, b.requests);
}
